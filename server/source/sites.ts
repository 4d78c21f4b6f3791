/** Functions as syntax: where they are, what they are called, and what about their place rules them out. No types. */
import { t } from '../../engine/texts.ts';
import { type FunctionNode, isFunctionNode, ts, unwrap } from './compiler.ts';

/** A named function with a body. */
export interface FunctionSite {
  /** `price`, or `Pricer.price` for a method. */
  readonly name: string;
  readonly kind: 'declaration' | 'const' | 'method';
  /** Parameters and body. */
  readonly node: FunctionNode;
  readonly nameNode: ts.Identifier;
  /** Carries the JSDoc: the function, the method, or the const's declaration. */
  readonly owner: ts.FunctionDeclaration | ts.VariableDeclaration | ts.MethodDeclaration;
  /** The statement or class member that the function is, or is part of. */
  readonly statement: ts.Statement | ts.MethodDeclaration;
  /** Where modifiers and signature start; decorators and JSDoc are before it. */
  readonly start: number;
}

/** A function that no import can reach or no edit can swap, and why. */
export interface MisplacedFunction {
  readonly name: string;
  readonly nameNode: ts.Node;
  readonly start: number;
  readonly bodyStart: number;
  readonly problem: string;
}

export const bodyStart = ({ node }: FunctionSite, file: ts.SourceFile): number => node.body.getStart(file);

/** The functions that may be swapped: declarations, consts and methods at the top level of the module, in order. */
export function topLevelFunctions(file: ts.SourceFile): FunctionSite[] {
  return file.statements.flatMap((statement) => statementFunctions(statement, file));
}

function statementFunctions(statement: ts.Statement, file: ts.SourceFile): FunctionSite[] {
  if (ts.isFunctionDeclaration(statement)) {
    return statement.name && isFunctionNode(statement)
      ? [site('declaration', statement.name.text, statement, statement.name, statement, statement, file)]
      : [];
  }
  if (ts.isVariableStatement(statement)) {
    const { declarations } = statement.declarationList;
    return declarations.flatMap((declaration) => {
      const { name, initializer } = declaration;
      const node = initializer && unwrap(initializer);
      if (!ts.isIdentifier(name) || !node || !isFunctionNode(node)) return [];
      const whole = declarations.length === 1 ? statement : declaration;
      return [site('const', name.text, node, name, declaration, statement, file, whole)];
    });
  }
  if (ts.isClassDeclaration(statement) && statement.name) {
    const className = statement.name.text;
    return statement.members.flatMap((member) =>
      ts.isMethodDeclaration(member) && isFunctionNode(member) && ts.isIdentifier(member.name)
        ? [site('method', `${className}.${member.name.text}`, member, member.name, member, member, file)]
        : [],
    );
  }
  return [];
}

function site(
  kind: FunctionSite['kind'],
  name: string,
  node: FunctionNode,
  nameNode: ts.Identifier,
  owner: FunctionSite['owner'],
  statement: FunctionSite['statement'],
  file: ts.SourceFile,
  whole: ts.Node = statement,
): FunctionSite {
  return { kind, name, node, nameNode, owner, statement, start: startAfterDecorators(whole, file) };
}

function startAfterDecorators(node: ts.Node, file: ts.SourceFile): number {
  const decorators = ts.canHaveDecorators(node) ? ts.getDecorators(node) : undefined;
  const last = decorators?.at(-1);
  if (!last) return node.getStart(file);
  const next = node
    .getChildren(file)
    .flatMap((child) => (child.kind === ts.SyntaxKind.SyntaxList ? child.getChildren(file) : [child]));
  return next.find((child) => child.pos >= last.end)?.getStart(file) ?? node.getStart(file);
}

export const isStatic = ({ owner }: FunctionSite): boolean =>
  ts.isMethodDeclaration(owner) && hasModifier(owner, ts.SyntaxKind.StaticKeyword);

export const hasModifier = (node: ts.Node, kind: ts.SyntaxKind): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false);

/** The function whose name or signature holds `offset`. */
export function functionAt(file: ts.SourceFile, offset: number): FunctionSite | MisplacedFunction | undefined {
  let found: FunctionSite | MisplacedFunction | undefined;
  const visit = (node: ts.Node): void => {
    if (offset < node.pos || offset > node.end) return;
    for (const candidate of functionsOf(node, file)) {
      const end = 'problem' in candidate ? candidate.bodyStart : bodyStart(candidate, file);
      if (candidate.start <= offset && offset <= end) found = candidate;
    }
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return found;
}

function functionsOf(node: ts.Node, file: ts.SourceFile): readonly (FunctionSite | MisplacedFunction)[] {
  if (node.parent === file && (ts.isFunctionDeclaration(node) || ts.isVariableStatement(node))) {
    const sites = statementFunctions(node, file);
    if (sites.length > 0 || !ts.isFunctionDeclaration(node)) return sites;
  }
  if (ts.isMethodDeclaration(node) && node.parent.parent === file && ts.isClassDeclaration(node.parent)) {
    const sites = statementFunctions(node.parent, file).filter(({ owner }) => owner === node);
    if (sites.length > 0) return sites;
  }
  const misplaced = misplacedFunction(node, file);
  return misplaced ? [misplaced] : [];
}

function misplacedFunction(node: ts.Node, file: ts.SourceFile): MisplacedFunction | undefined {
  if (ts.isFunctionDeclaration(node) && node.body) {
    const problem = node.name
      ? t('it is not at the top level of its module. Move it out of the function or block around it')
      : t('it has no name. Give it one');
    return misplaced(node, node.name, problem, file, node.body);
  }
  if (ts.isVariableDeclaration(node) && node.initializer) {
    const inner = unwrap(node.initializer);
    if (!isFunctionNode(inner) || node.parent.parent.parent === file) return undefined;
    const problem = t('it is not at the top level of its module. Move it out of the function or block around it');
    return misplaced(node, node.name, problem, file, inner.body);
  }
  if (ts.isExportAssignment(node)) {
    const inner = unwrap(node.expression);
    return isFunctionNode(inner)
      ? misplaced(node, undefined, t('it has no name. Give it one'), file, inner.body)
      : undefined;
  }
  if (ts.isMethodDeclaration(node) && node.body) {
    return misplaced(node, node.name, methodProblem(node, file), file, node.body);
  }
  if (ts.isPropertyAssignment(node)) {
    const inner = unwrap(node.initializer);
    if (!isFunctionNode(inner)) return undefined;
    const problem = t('it is a property of an object literal. Move it to the top level of its module');
    return misplaced(node, node.name, problem, file, inner.body);
  }
  if (ts.isPropertyDeclaration(node) && node.initializer) {
    const inner = unwrap(node.initializer);
    if (!isFunctionNode(inner)) return undefined;
    return misplaced(node, node.name, t('it is a property of a class. Make it a method'), file, inner.body);
  }
  if ((ts.isGetAccessor(node) || ts.isSetAccessor(node) || ts.isConstructorDeclaration(node)) && node.body) {
    const problem = ts.isConstructorDeclaration(node)
      ? t('it is a constructor. Move the computation to a function of its own')
      : t('it is an accessor. Move the computation to a function of its own');
    const name = ts.isConstructorDeclaration(node) ? undefined : node.name;
    return misplaced(node, name, problem, file, node.body);
  }
  return undefined;
}

function methodProblem(node: ts.MethodDeclaration, file: ts.SourceFile): string {
  if (ts.isObjectLiteralExpression(node.parent)) {
    return t('it is a method of an object literal. Move it to the top level of its module');
  }
  if (node.parent.parent !== file) {
    return t('its class is not declared at the top level of its module. Move the class out of what is around it');
  }
  if (!node.parent.name) return t('its class has no name. Give it one');
  if (ts.isPrivateIdentifier(node.name))
    return t('it is a private `#` method, which no code outside its class can call');
  return t('its name is computed or quoted. Give it a plain name');
}

function misplaced(
  node: ts.Node,
  nameNode: ts.Node | undefined,
  problem: string,
  file: ts.SourceFile,
  body: ts.Node,
): MisplacedFunction {
  const name = nameNode?.getText(file) ?? (ts.isConstructorDeclaration(node) ? 'constructor' : 'default');
  return {
    name,
    nameNode: nameNode ?? node,
    start: startAfterDecorators(node, file),
    bodyStart: body.getStart(file),
    problem,
  };
}
