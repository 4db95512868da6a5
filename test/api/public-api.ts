import ts from "typescript-5.0";
import { errorReach } from "./error-reach.js";
import { inSrc } from "./source-files.js";
import { type Documented, UserFile } from "./user-file.js";

/** A public function as an editor shows it; the compiler's language service was asked. */
export interface PublicFunction {
  /** As a user writes it: `ttft.prompts.run`. */
  readonly name: string;
  /** Of its first overload, as everything below. */
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
  /** The names of this package's types that it takes and gives, but for options. */
  readonly types: readonly string[];
}

/** A type that a function gives, or an error. */
export interface PublicType {
  readonly name: string;
  readonly documentation: string;
  readonly fields: readonly Documented[];
  /** What stands in the source where it is no object: a union. */
  readonly text: string | null;
}

/** Everything that `import * as firsttoken from "firsttoken"` gives. */
export interface PublicApi {
  /** What each door is for, by its name. */
  readonly doors: ReadonlyMap<string, string>;
  readonly functions: readonly PublicFunction[];
  readonly errors: readonly PublicType[];
  readonly types: ReadonlyMap<string, PublicType>;
}

export function publicApi(): PublicApi {
  const user = new UserFile();
  const names = user.functionNames();
  user.write(names);
  const reach = errorReach(user.checker);
  const types = new Map<string, PublicType>();
  const functions = names.map((name) => {
    const { symbol, signatures, documentation, tags } = user.hover(name);
    const parameters = signatures.flatMap((signature) => signature.parameters);
    const tagged = (tag: string) => tags.filter((one) => one.name === tag).map(({ text }) => text);
    const declared = parameters.filter((parameter) => !isOptions(parameter));
    const options = parameters.filter(isOptions).map((parameter) => user.typeOf(parameter));
    const named = [
      ...signatures.flatMap((signature) => typesIn(user, signature.getDeclaration().type)),
      ...declared.flatMap((parameter) => typesIn(user, typeNodeOf(parameter))),
      ...options
        .flatMap((type) => user.fieldSymbols(type))
        .flatMap((field) => typesIn(user, typeNodeOf(field)))
        // A union of texts is shown as such, not by its name.
        .filter((symbol) => !isUnionOfTexts(user, symbol)),
    ].filter(({ name: type }) => !/Options$/.test(type));
    for (const symbol of named) types.set(symbol.name, describeType(user, symbol));
    return {
      name,
      documentation,
      overloads: signatures.map((signature) => ({
        signature: `${name}${signatureText(signature.getDeclaration())}`,
        documentation: ts.displayPartsToString(signature.getDocumentationComment(user.checker)),
      })),
      parameters: [...new Map(declared.map((one) => [one.name, user.describe(one)])).values()],
      options: [
        ...new Map(options.flatMap((type) => user.fieldsOf(type)).map((one) => [one.name, one])).values(),
      ],
      throws: tagged("throws"),
      returns: tagged("returns").join(" "),
      examples: tagged("example"),
      errors: reach(symbol.declarations!),
      types: [...new Set(named.map((symbol) => symbol.name))],
    };
  });
  for (const exported of user.exports()) {
    const symbol = user.behind(exported);
    const isType = (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias)) !== 0;
    if (isType && !/(Options|Record)$/.test(symbol.name)) types.set(symbol.name, describeType(user, symbol));
  }
  return { doors: doorsOf(user.index), functions, errors: errorsOf(user), types };
}

/** The sentence before each `export * as`. */
const doorsOf = (index: ts.SourceFile): ReadonlyMap<string, string> =>
  new Map(
    index.statements.flatMap((statement) => {
      if (!ts.isExportDeclaration(statement) || !statement.exportClause) return [];
      if (!ts.isNamespaceExport(statement.exportClause)) return [];
      const [comment] = ts.getLeadingCommentRanges(index.text, statement.pos) ?? [];
      const sentence = comment === undefined ? "" : index.text.slice(comment.pos, comment.end);
      return [[statement.exportClause.name.text, sentence.replace(/^\/\*\*\s*|\s*\*\/$/g, "")] as const];
    }),
  );

/** The classes that are thrown, by the names that a user finds them under. */
const errorsOf = (user: UserFile, exported = user.exports(), path = ""): readonly PublicType[] =>
  exported.flatMap((one) => {
    const symbol = user.behind(one);
    if (symbol.flags & ts.SymbolFlags.ValueModule)
      return errorsOf(user, user.checker.getExportsOfModule(symbol), `${path}${one.name}.`);
    if (!(symbol.flags & ts.SymbolFlags.Class)) return [];
    const error = describeType(user, symbol);
    return [
      { ...error, name: path + error.name, fields: error.fields.filter(({ name }) => name !== "name") },
    ];
  });

function describeType(user: UserFile, symbol: ts.Symbol): PublicType {
  const [declaration] = symbol.declarations!;
  const isObject = ts.isInterfaceDeclaration(declaration!) || ts.isClassDeclaration(declaration!);
  return {
    name: symbol.name,
    documentation: ts.displayPartsToString(symbol.getDocumentationComment(user.checker)),
    fields: isObject ? user.fieldsOf(user.checker.getDeclaredTypeOfSymbol(symbol)) : [],
    text: isObject ? null : declaration!.getText().replace(/^export /, ""),
  };
}

/** Whether a parameter is an object of options: its type says so by its name, or is written out. */
const isOptions = ({ valueDeclaration }: ts.Symbol): boolean =>
  isOptionsType((valueDeclaration as ts.ParameterDeclaration).type);

const isOptionsType = (type: ts.TypeNode | undefined): boolean =>
  type !== undefined &&
  (ts.isTypeLiteralNode(type) || (ts.isTypeReferenceNode(type) && /Options$/.test(type.typeName.getText())));

/** This package's own types that a type is written with. */
function typesIn(user: UserFile, type: ts.TypeNode | undefined): readonly ts.Symbol[] {
  const found = new Set<ts.Symbol>();
  const visit = (node: ts.Node): void => {
    if (ts.isTypeReferenceNode(node)) {
      const symbol = user.behind(user.checker.getSymbolAtLocation(node.typeName)!);
      if (symbol.declarations?.some((one) => inSrc(one) && !ts.isTypeParameterDeclaration(one)))
        found.add(symbol);
      // What an own type is made with is told of there; a table's rows are what a reader wants.
      if (found.has(symbol) && symbol.name !== "Table") return;
    }
    ts.forEachChild(node, visit);
  };
  if (type !== undefined) visit(type);
  return [...found];
}

const typeNodeOf = ({ declarations }: ts.Symbol): ts.TypeNode | undefined =>
  (declarations?.[0] as Partial<ts.PropertySignature> | undefined)?.type;

const isUnionOfTexts = (user: UserFile, symbol: ts.Symbol): boolean => {
  const type = user.checker.getDeclaredTypeOfSymbol(symbol);
  return type.isUnion() && type.types.every((one) => one.isStringLiteral());
};

/** A function's signature in one line, as its source has it; objects of options are called so. */
function signatureText({ typeParameters, parameters, type }: ts.SignatureDeclaration): string {
  const generics = typeParameters?.length ? `<${typeParameters.map(lineOf).join(", ")}>` : "";
  const list = parameters.map((parameter) => {
    const name = isOptionsType(parameter.type) ? "options" : parameter.name.getText();
    const mark = parameter.questionToken || parameter.initializer ? "?" : "";
    return `${parameter.dotDotDotToken ? "..." : ""}${name}${mark}: ${lineOf(parameter.type!)}`;
  });
  return `${generics}(${list.join(", ")}): ${lineOf(type!)}`;
}

const lineOf = (node: ts.Node): string =>
  node
    .getText()
    .replace(/\/\*\*.*?\*\//gs, "")
    .replace(/\breadonly (\w+\??:)/g, "$1")
    .replace(/\s+/g, " ")
    .replace(/; }/g, " }");
