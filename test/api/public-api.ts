import { resolve } from "node:path";
import ts from "typescript-5.0";

/** A public function as an editor shows it; the compiler's language service was asked. */
export interface PublicFunction {
  /** As a user writes it: `ttft.prompts.run`. */
  readonly name: string;
  /** Of its first overload. */
  readonly documentation: string;
  readonly overloads: readonly { readonly signature: string; readonly documentation: string }[];
  readonly parameters: readonly Documented[];
  /** The fields of its objects of options. */
  readonly options: readonly Documented[];
  readonly throws: readonly string[];
  readonly returns: string;
  readonly examples: readonly string[];
  /** The errors of this package that it or what it calls may throw. */
  readonly errors: readonly string[];
}

export interface Documented {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly documentation: string;
}

const root = resolve(import.meta.dirname, "../..");
const inSrc = (node: ts.Node) => node.getSourceFile().fileName.startsWith(`${root}/src/`);

/** Every function that `import * as firsttoken from "firsttoken"` gives, in the order of the index. */
export function publicFunctions(): readonly PublicFunction[] {
  const user = new User();
  const names = user.functionNames();
  user.write(names);
  const reach = errorReach(user.checker);
  return names.map((name) => {
    const { symbol, signatures, documentation, tags } = user.hover(name);
    const parameters = signatures.flatMap((signature) => signature.parameters);
    const tagged = (tag: string) => tags.filter((one) => one.name === tag).map(({ text }) => text);
    const declared = parameters.filter((parameter) => !isOptions(parameter));
    return {
      name,
      documentation,
      overloads: signatures.map((signature) => user.overload(signature)),
      parameters: [...new Map(declared.map((one) => [one.name, user.describe(one)])).values()],
      options: parameters.filter(isOptions).flatMap((parameter) => user.fieldsOf(parameter)),
      throws: tagged("throws"),
      returns: tagged("returns").join(" "),
      examples: tagged("example"),
      errors: reach(symbol.declarations!),
    };
  });
}

/** Whether a parameter is an object of options: its type says so by its name, or is written out. */
function isOptions({ valueDeclaration }: ts.Symbol): boolean {
  const { type } = valueDeclaration as ts.ParameterDeclaration;
  if (type === undefined) return false;
  return (
    ts.isTypeLiteralNode(type) || (ts.isTypeReferenceNode(type) && /Options$/.test(type.typeName.getText()))
  );
}

/** A user's file that imports the package, in an editor. */
class User {
  private readonly path = resolve(root, "user.ts");
  private text = 'import * as firsttoken from "./src/index.js";\n';
  private readonly service: ts.LanguageService;
  checker: ts.TypeChecker;
  private file: ts.SourceFile;

  constructor() {
    const read = (path: string) => (path === this.path ? this.text : ts.sys.readFile(path));
    const options: ts.CompilerOptions = {
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2023.d.ts"],
      types: ["node"],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
    };
    this.service = ts.createLanguageService({
      getCompilationSettings: () => options,
      getScriptFileNames: () => [this.path],
      getScriptVersion: (path) => (path === this.path ? String(this.text.length) : "0"),
      getScriptSnapshot: (path) => {
        const text = read(path);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: (of) => ts.getDefaultLibFilePath(of),
      fileExists: (path) => path === this.path || ts.sys.fileExists(path),
      readFile: read,
    });
    [this.checker, this.file] = this.load();
  }

  private load(): [ts.TypeChecker, ts.SourceFile] {
    const program = this.service.getProgram()!;
    return [program.getTypeChecker(), program.getSourceFile(this.path)!];
  }

  functionNames(): readonly string[] {
    const visit = (module: ts.Symbol, path: string): string[] =>
      this.checker.getExportsOfModule(module).flatMap((exported) => {
        const symbol = this.behind(exported);
        const name = `${path}${exported.name}`;
        if (symbol.flags & ts.SymbolFlags.ValueModule) return visit(symbol, `${name}.`);
        if (!(symbol.flags & ts.SymbolFlags.Value)) return [];
        return this.checker.getTypeOfSymbolAtLocation(symbol, this.file).getCallSignatures().length > 0
          ? [name]
          : [];
      });
    const { importClause } = this.file.statements[0] as ts.ImportDeclaration;
    return visit(
      this.behind(
        this.checker.getSymbolAtLocation(
          importClause!.namedBindings!.getFirstToken()!.parent.getChildren().at(-1)!,
        )!,
      ),
      "",
    );
  }

  /** Writes every function into the file, so that each can be pointed at. */
  write(names: readonly string[]): void {
    this.text += names.map((name) => `firsttoken.${name};\n`).join("");
    [this.checker, this.file] = this.load();
  }

  hover(name: string) {
    const end = this.text.indexOf(`\nfirsttoken.${name};`) + `\nfirsttoken.${name}`.length;
    const info = this.service.getQuickInfoAtPosition(this.path, end - 1)!;
    const statement = this.file.statements.find((one) => one.end === end + 1) as ts.ExpressionStatement;
    const type = this.checker.getTypeAtLocation(statement.expression);
    const { name: last } = statement.expression as ts.PropertyAccessExpression;
    return {
      symbol: this.behind(this.checker.getSymbolAtLocation(last)!),
      signatures: type.getCallSignatures(),
      documentation: ts.displayPartsToString(info.documentation),
      tags: (info.tags ?? []).map((tag) => ({ name: tag.name, text: ts.displayPartsToString(tag.text) })),
    };
  }

  overload(signature: ts.Signature) {
    return {
      signature: this.checker.signatureToString(signature, this.file, ts.TypeFormatFlags.NoTruncation),
      documentation: ts.displayPartsToString(signature.getDocumentationComment(this.checker)),
    };
  }

  describe(symbol: ts.Symbol): Documented {
    const type = this.checker.getTypeOfSymbolAtLocation(symbol, this.file);
    const isOptional =
      (symbol.flags & ts.SymbolFlags.Optional) !== 0 ||
      (symbol.valueDeclaration !== undefined &&
        ts.isParameter(symbol.valueDeclaration) &&
        this.checker.isOptionalParameter(symbol.valueDeclaration));
    return {
      name: symbol.name,
      type: this.checker.typeToString(isOptional ? this.checker.getNonNullableType(type) : type),
      isOptional,
      documentation: [
        ts.displayPartsToString(symbol.getDocumentationComment(this.checker)),
        ...symbol
          .getJsDocTags(this.checker)
          .filter(({ name }) => name === "deprecated")
          .map(({ text }) => `Deprecated, left out by default: ${ts.displayPartsToString(text)}.`),
      ]
        .join(" ")
        .trim(),
    };
  }

  /** The fields of an object of options; where options are a union, those of every member, once. */
  fieldsOf(options: ts.Symbol): readonly Documented[] {
    const type = this.checker.getNonNullableType(this.checker.getTypeOfSymbolAtLocation(options, this.file));
    const found = new Map<string, Documented>();
    for (const member of type.isUnion() ? type.types : [type]) {
      for (const symbol of this.checker.getPropertiesOfType(member)) {
        const field = this.describe(symbol);
        const earlier = found.get(field.name);
        const types = new Set([earlier?.type ?? "never", field.type].filter((one) => one !== "never"));
        found.set(field.name, {
          name: field.name,
          type: [...types].join(" | "),
          isOptional: field.isOptional || (earlier?.isOptional ?? false),
          documentation: earlier?.documentation || field.documentation,
        });
      }
    }
    return [...found.values()];
  }

  private behind(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }
}

/**
 * Which of this package's errors a function may throw: those it makes, and those of whatever it
 * names in turn. What
 * `stats` throws at wrong numbers is only said of its own functions: others hand it what it takes.
 */
function errorReach(checker: ts.TypeChecker): (from: readonly ts.Declaration[]) => readonly string[] {
  const known = new Map<ts.Declaration, { errors: readonly string[]; calls: readonly ts.Declaration[] }>();
  const read = (declaration: ts.Declaration) => {
    const errors = new Set<string>();
    const calls = new Set<ts.Declaration>();
    const visit = (node: ts.Node): void => {
      if (ts.isTypeNode(node)) return;
      if (ts.isNewExpression(node) && /^(\w+Error|MethodRefused)$/.test(node.expression.getText())) {
        errors.add(node.expression.getText());
      }
      // Names alone: a property's owner would have to be type-checked, which takes ten times as long.
      if (ts.isIdentifier(node) && !isProperty(node)) {
        const named = ts.isShorthandPropertyAssignment(node.parent)
          ? checker.getShorthandAssignmentValueSymbol(node.parent)
          : checker.getSymbolAtLocation(node);
        const target = named && named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : named;
        if (target?.valueDeclaration && isCode(target.valueDeclaration)) calls.add(target.valueDeclaration);
      }
      ts.forEachChild(node, visit);
    };
    // Of a class only what making one does: its methods may never be called.
    const isMade = (node: ts.Node) => !ts.isMethodDeclaration(node) && !ts.isAccessor(node);
    ts.forEachChild(declaration, (child) => {
      if (!ts.isClassDeclaration(declaration) || isMade(child)) visit(child);
    });
    return { errors: [...errors], calls: [...calls] };
  };
  const room = (node: ts.Node) => node.getSourceFile().fileName.slice(root.length).split("/")[2];
  return (from) => {
    const seen = new Set(from);
    const errors = new Set<string>();
    for (const declaration of seen) {
      if (!known.has(declaration)) known.set(declaration, read(declaration));
      const { errors: own, calls } = known.get(declaration)!;
      for (const error of own) errors.add(error);
      for (const call of calls) if (room(call) !== "stats" || room(from[0]!) === "stats") seen.add(call);
    }
    return [...errors].filter((name) => OUR_ERRORS.has(name)).sort();
  };
}

const OUR_ERRORS: ReadonlySet<string> = new Set([
  "OptionError",
  "LogError",
  "ServerError",
  "MethodRefused",
  "DatasetError",
  "DownloadError",
]);

const isProperty = ({ parent, ...node }: ts.Identifier) =>
  (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) && parent.name.pos === node.pos;

/** Functions and what stands at a file's top, of this package. */
const isCode = (node: ts.Declaration) =>
  inSrc(node) &&
  (ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    (ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent)));
