/** What an identifier stands for: a local, something of the project, of a package, or of the language. */
import { isBuiltin } from 'node:module';
import { isInPackage, libFolder, ts } from './compiler.ts';
import { requiredModule } from './textStyle.ts';

export type Meaning =
  /** Declared inside a function, a type, or nothing that runs. */
  | { readonly kind: 'local'; readonly symbol: ts.Symbol }
  /** Declared at the top level of a module of the project, or as a member of a class there. */
  | { readonly kind: 'project'; readonly symbol: ts.Symbol; readonly declaration: ts.Declaration }
  | { readonly kind: 'generated'; readonly file: ts.SourceFile }
  | { readonly kind: 'namespace'; readonly symbol: ts.Symbol }
  | { readonly kind: 'package'; readonly specifier: string }
  | { readonly kind: 'builtin'; readonly specifier: string }
  /** Imported from a file of the project that has no code here. */
  | { readonly kind: 'missing'; readonly specifier: string }
  /** Declared by the language's library or by ambient declarations, or not at all. */
  | { readonly kind: 'global'; readonly declared: boolean };

export function meaningOf(checker: ts.TypeChecker, node: ts.Identifier | ts.PrivateIdentifier): Meaning {
  const symbol = symbolOf(checker, node);
  if (!symbol) return { kind: 'global', declared: false };
  const specifier = importedFrom(symbol);
  const target = resolved(checker, symbol);
  if (specifier !== undefined && isBuiltin(specifier)) return { kind: 'builtin', specifier };
  const declaration = implementationOf(target);
  if (!declaration) {
    if (specifier === undefined) return { kind: 'global', declared: target.name === 'undefined' };
    return isRelative(specifier) ? { kind: 'missing', specifier } : { kind: 'package', specifier };
  }
  const file = declaration.getSourceFile();
  if (file.fileName.startsWith(`${libFolder}/`)) return { kind: 'global', declared: true };
  if (isInPackage(file.fileName) || file.isDeclarationFile) {
    if (specifier === undefined) return { kind: 'global', declared: true };
    return isRelative(specifier) && !isInPackage(file.fileName)
      ? { kind: 'missing', specifier }
      : { kind: 'package', specifier };
  }
  if (ts.isSourceFile(declaration)) return { kind: 'namespace', symbol: target };
  if (/\.approx\.[cm]?[jt]s$/u.test(file.fileName)) return { kind: 'generated', file };
  if (isInsideFunction(declaration)) return { kind: 'local', symbol: target };
  return isAmbient(declaration) ? { kind: 'global', declared: true } : { kind: 'project', symbol: target, declaration };
}

/** The symbol that a use of a name refers to, also in `{ name }`. */
export function symbolOf(checker: ts.TypeChecker, node: ts.Node): ts.Symbol | undefined {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent) && parent.name === node) {
    return checker.getShorthandAssignmentValueSymbol(parent);
  }
  return checker.getSymbolAtLocation(node);
}

export const resolved = (checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

const isRelative = (specifier: string): boolean => /^\.{0,2}\//u.test(specifier);

/** The declaration with code, where there are several. */
function implementationOf(symbol: ts.Symbol): ts.Declaration | undefined {
  const declarations = symbol.declarations ?? [];
  const withBody = declarations.find((node) => ts.isFunctionLike(node) && 'body' in node && node.body !== undefined);
  return withBody ?? symbol.valueDeclaration ?? declarations[0];
}

function importedFrom(symbol: ts.Symbol): string | undefined {
  if ((symbol.flags & ts.SymbolFlags.Alias) === 0) return undefined;
  for (let node: ts.Node | undefined = symbol.declarations?.[0]; node; node = node.parent) {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      return node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : undefined;
    }
    if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      const { expression } = node.moduleReference;
      return ts.isStringLiteralLike(expression) ? expression.text : undefined;
    }
    if (ts.isVariableDeclaration(node)) return node.initializer && requiredModule(node.initializer)?.text;
  }
  return undefined;
}

/** Parameters, variables and functions of a function, and members of object literals and types. */
function isInsideFunction(declaration: ts.Declaration): boolean {
  if (ts.isClassElement(declaration) && ts.isClassDeclaration(declaration.parent))
    return isInsideFunction(declaration.parent);
  for (let node: ts.Node = declaration.parent; !ts.isSourceFile(node); node = node.parent) {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isObjectLiteralExpression(node) || ts.isTypeNode(node))
      return true;
    if (ts.isInterfaceDeclaration(node)) return true;
  }
  return false;
}

/** `declare const x`, `declare function f()`: something outside of the project gives the value. */
function isAmbient(declaration: ts.Declaration): boolean {
  return (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Ambient) !== 0;
}

/** The class or function that `this` belongs to, looking through arrow functions. */
export function thisContainer(node: ts.Node): ts.Node {
  let current = node.parent;
  while (!ts.isSourceFile(current)) {
    if (ts.isFunctionLike(current) && !ts.isArrowFunction(current)) return current;
    if (ts.isPropertyDeclaration(current) || ts.isClassStaticBlockDeclaration(current)) return current;
    current = current.parent;
  }
  return current;
}
