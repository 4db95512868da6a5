import { resolve } from "node:path";
import ts from "typescript-5.0";
import { root } from "./source-files.js";

/** A parameter, an option or a field as an editor shows it. */
export interface Documented {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly documentation: string;
}

/** The one package a type of which a user hands in: its name is all that is shown. */
const OPENAI = {
  path: resolve(root, "openai.d.ts"),
  text: "export class OpenAI { readonly apiKey: string }\n",
};

const COMPILER: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.dom.d.ts"],
  types: [],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
};

/** A user's file that imports the package, open in an editor. */
export class UserFile {
  private readonly path = resolve(root, "user.ts");
  private text = 'import * as firsttoken from "./src/index.js";\n';
  private readonly service: ts.LanguageService;
  private program: ts.Program;

  constructor() {
    const cache = ts.createModuleResolutionCache(root, (name) => name, COMPILER);
    // The types of packages and of Node are a hundred times this one's, and take seconds to read.
    const moduleOf = (name: string, from: string): ts.ResolvedModule | undefined => {
      if (name === "openai") return { resolvedFileName: OPENAI.path };
      if (!name.startsWith(".")) return undefined;
      return ts.resolveModuleName(name, from, COMPILER, ts.sys, cache, undefined, ts.ModuleKind.ESNext)
        .resolvedModule;
    };
    const read = (path: string) => {
      if (path === OPENAI.path) return OPENAI.text;
      return path === this.path ? this.text : ts.sys.readFile(path);
    };
    this.service = ts.createLanguageService({
      getCompilationSettings: () => COMPILER,
      getScriptFileNames: () => [this.path],
      getScriptVersion: (path) => (path === this.path ? String(this.text.length) : "0"),
      getScriptSnapshot: (path) => {
        const text = read(path);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: (of) => ts.getDefaultLibFilePath(of),
      resolveModuleNames: (names, from) => names.map((name) => moduleOf(name, from)),
      fileExists: (path) => path === this.path || path === OPENAI.path || ts.sys.fileExists(path),
      readFile: read,
    });
    this.program = this.service.getProgram()!;
  }

  get checker(): ts.TypeChecker {
    return this.program.getTypeChecker();
  }

  /** The package's first file, through which everything public is exported. */
  get index(): ts.SourceFile {
    return this.program.getSourceFile(resolve(root, "src/index.ts"))!;
  }

  private get file(): ts.SourceFile {
    return this.program.getSourceFile(this.path)!;
  }

  /** What the package exports, in the order of its index. */
  exports(): readonly ts.Symbol[] {
    return this.checker.getExportsOfModule(this.checker.getSymbolAtLocation(this.index)!);
  }

  /** Every function as a user names it, those of doors in doors too. */
  functionNames(exported = this.exports(), path = ""): readonly string[] {
    return exported.flatMap((one) => {
      const symbol = this.behind(one);
      const name = `${path}${one.name}`;
      if (symbol.flags & ts.SymbolFlags.ValueModule)
        return this.functionNames(this.checker.getExportsOfModule(symbol), `${name}.`);
      if (!(symbol.flags & ts.SymbolFlags.Value)) return [];
      return this.checker.getTypeOfSymbolAtLocation(symbol, this.file).getCallSignatures().length > 0
        ? [name]
        : [];
    });
  }

  /** Writes every function into the file, so that each can be pointed at. */
  write(names: readonly string[]): void {
    this.text += names.map((name) => `firsttoken.${name};\n`).join("");
    this.program = this.service.getProgram()!;
  }

  /** What the editor shows over a function that is written there. */
  hover(name: string) {
    const end = this.text.indexOf(`\nfirsttoken.${name};`) + `\nfirsttoken.${name}`.length;
    const info = this.service.getQuickInfoAtPosition(this.path, end - 1)!;
    const statement = this.file.statements.find((one) => one.end === end + 1) as ts.ExpressionStatement;
    const { name: last } = statement.expression as ts.PropertyAccessExpression;
    return {
      symbol: this.behind(this.checker.getSymbolAtLocation(last)!),
      signatures: this.checker.getTypeAtLocation(statement.expression).getCallSignatures(),
      documentation: ts.displayPartsToString(info.documentation),
      tags: (info.tags ?? []).map((tag) => ({ name: tag.name, text: ts.displayPartsToString(tag.text) })),
    };
  }

  describe(symbol: ts.Symbol): Documented {
    const { valueDeclaration } = symbol;
    const isOptional =
      (symbol.flags & ts.SymbolFlags.Optional) !== 0 ||
      (valueDeclaration !== undefined &&
        ts.isParameter(valueDeclaration) &&
        this.checker.isOptionalParameter(valueDeclaration));
    const deprecated = symbol.getJsDocTags(this.checker).find((tag) => tag.name === "deprecated");
    return {
      name: symbol.name,
      type: this.textOf(this.checker.getTypeOfSymbolAtLocation(symbol, this.file)),
      isOptional,
      documentation:
        deprecated === undefined
          ? ts.displayPartsToString(symbol.getDocumentationComment(this.checker))
          : `Deprecated, left out by default: ${ts.displayPartsToString(deprecated.text)}.`,
    };
  }

  /** The fields of an object; of a union of objects those of every member. */
  fieldSymbols(type: ts.Type): readonly ts.Symbol[] {
    return (type.isUnion() ? type.types : [type])
      .flatMap((member) => this.checker.getPropertiesOfType(member))
      .filter(({ declarations }) => !(declarations ?? []).some(isHidden));
  }

  /** The same as they are shown, each once. */
  fieldsOf(type: ts.Type): readonly Documented[] {
    const found = new Map<string, Documented>();
    for (const symbol of this.fieldSymbols(type)) {
      const field = this.describe(symbol);
      const earlier = found.get(field.name);
      found.set(field.name, {
        name: field.name,
        type: earlier === undefined ? field.type : unionOf(earlier.type, field.type),
        isOptional: field.isOptional || (earlier?.isOptional ?? false),
        documentation: earlier?.documentation || field.documentation,
      });
    }
    return [...found.values()];
  }

  /** A type as its names have it, without the files that they stand in. */
  private textOf(type: ts.Type): string {
    const { NoTruncation, UseAliasDefinedOutsideCurrentScope } = ts.TypeFormatFlags;
    const text = this.checker
      .typeToString(type, undefined, NoTruncation | UseAliasDefinedOutsideCurrentScope)
      .replace(/ \| undefined$/, "");
    // The compiler orders a union by which of its types it met first, so that any other file may change it.
    return /[(<{]/.test(text) ? text : text.split(" | ").sort(nullLast).join(" | ");
  }

  /** The type of a parameter, as it is inside the function. */
  typeOf(parameter: ts.Symbol): ts.Type {
    return this.checker.getNonNullableType(this.checker.getTypeOfSymbolAtLocation(parameter, this.file));
  }

  behind(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }
}

/** Whether a member is not for users: private, or taken over from JavaScript's own classes. */
const isHidden = (member: ts.Declaration): boolean =>
  (ts.isClassElement(member) && member.name !== undefined && ts.isPrivateIdentifier(member.name)) ||
  !member.getSourceFile().fileName.startsWith(`${root}/src/`);

const nullLast = (one: string, other: string): number =>
  Number(one === "null") - Number(other === "null") || (one < other ? -1 : 1);

/** Two types' texts as one; an option that a member of a union must not have adds nothing. */
function unionOf(one: string, other: string): string {
  const parts = new Set(`${one} | ${other}`.split(" | "));
  parts.delete("never");
  if (parts.has("true") && parts.delete("false")) parts.add("boolean").delete("true");
  if (parts.has("boolean")) parts.delete("false");
  return [...parts].join(" | ");
}
