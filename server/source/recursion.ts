/** Calls of a function to itself, in its own text: the exact copy has to call the exact copy. */
import { ts } from './compiler.ts';
import type { FunctionSite } from './sites.ts';
import type { SourceEdit } from './types.ts';

const shorthandMark = ': /* deepmaker: shorthand */ ';

/** Edits inside parameters and body that turn the function's own name into `exactName`. */
export function renameRecursion(site: FunctionSite, exactName: string, file: ts.SourceFile): SourceEdit[] {
  const edits: SourceEdit[] = [];
  const [owner, method] = site.name.split('.');
  const visitName = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || declares(node, owner!)) return;
    if (method !== undefined) {
      if (isOwnMethod(node, owner!, method)) edits.push(replacement(node.name, exactName, file));
    } else if (ts.isShorthandPropertyAssignment(node) && node.name.text === owner) {
      edits.push({ start: node.name.end, end: node.name.end, text: shorthandMark + exactName });
      return;
    } else if (ts.isIdentifier(node) && node.text === owner && isReference(node)) {
      edits.push(replacement(node, exactName, file));
    }
    ts.forEachChild(node, visitName);
  };
  if (isShadowed(site, owner!)) return [];
  for (const part of [...site.node.parameters, site.node.body]) visitName(part);
  return edits;
}

/** The body with `exactName` turned back into the function's own name, byte for byte as before `renameRecursion`. */
export function restoreRecursion(exact: FunctionSite, publicName: string, file: ts.SourceFile): string {
  const edits: SourceEdit[] = [];
  const exactName = exact.nameNode.text;
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.initializer) && node.initializer.text === exactName) {
      const between = file.text.slice(node.name.end, node.initializer.getStart(file));
      if (between === shorthandMark && node.name.getText(file) === publicName) {
        edits.push({ start: node.name.end, end: node.initializer.end, text: '' });
        return;
      }
    }
    if (ts.isIdentifier(node) && node.text === exactName) edits.push(replacement(node, publicName, file));
    ts.forEachChild(node, visit);
  };
  const { body } = exact.node;
  visit(body);
  return editedSlice(file.text, body.getStart(file), body.end, edits);
}

/** text[start, end) with the edits inside it carried out. Edits must not overlap. */
export function editedSlice(text: string, start: number, end: number, edits: readonly SourceEdit[]): string {
  let result = '';
  let at = start;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    if (edit.start < at || edit.end > end) continue;
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at, end);
}

const replacement = (node: ts.Node, text: string, file: ts.SourceFile): SourceEdit => ({
  start: node.getStart(file),
  end: node.end,
  text,
});

/** `Pricer.price` in a static method, `Pricer.prototype.price` in an instance method. */
function isOwnMethod(node: ts.Node, owner: string, method: string): node is ts.PropertyAccessExpression {
  if (!ts.isPropertyAccessExpression(node) || node.name.text !== method) return false;
  const target = node.expression;
  if (ts.isIdentifier(target)) return target.text === owner;
  return (
    ts.isPropertyAccessExpression(target) &&
    target.name.text === 'prototype' &&
    ts.isIdentifier(target.expression) &&
    target.expression.text === owner
  );
}

function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  if (ts.isClassElement(parent) || ts.isObjectLiteralElementLike(parent))
    return 'initializer' in parent && parent.initializer === node;
  return true;
}

/** The function itself binds the name anew: as a parameter, in its body, or as its own name in an expression. */
function isShadowed({ node }: FunctionSite, name: string): boolean {
  if (ts.isFunctionExpression(node) && node.name?.text === name) return true;
  return declares(node, name) && !(ts.isFunctionDeclaration(node) && !declaresInside(node, name));
}

/** Whether `name` means something else everywhere inside this scope. */
function declares(node: ts.Node, name: string): boolean {
  if (ts.isFunctionLike(node)) {
    if ((ts.isFunctionExpression(node) || ts.isClassExpression(node)) && node.name?.text === name) return true;
    return declaresInside(node, name);
  }
  if (ts.isClassLike(node)) return node.name?.text === name;
  if (ts.isBlock(node) || ts.isCaseBlock(node)) return scopeDeclares(node, name);
  if (ts.isForStatement(node) || ts.isForInStatement(node) || ts.isForOfStatement(node)) {
    const { initializer } = node;
    return initializer !== undefined && ts.isVariableDeclarationList(initializer) && listBinds(initializer, name);
  }
  if (ts.isCatchClause(node))
    return node.variableDeclaration !== undefined && binds(node.variableDeclaration.name, name);
  return false;
}

function declaresInside(node: ts.SignatureDeclaration, name: string): boolean {
  if (node.parameters.some((parameter) => binds(parameter.name, name))) return true;
  const body = 'body' in node ? node.body : undefined;
  return body !== undefined && ts.isBlock(body) && (scopeDeclares(body, name) || hoistedVar(body, name));
}

function scopeDeclares(block: ts.Block | ts.CaseBlock, name: string): boolean {
  const statements = ts.isBlock(block) ? block.statements : block.clauses.flatMap((clause) => [...clause.statements]);
  return statements.some((statement) => {
    if (ts.isVariableStatement(statement)) return listBinds(statement.declarationList, name);
    return (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name?.text === name;
  });
}

/** A `var` anywhere in the function, other than in functions inside it. */
function hoistedVar(node: ts.Node, name: string): boolean {
  if (ts.isFunctionLike(node)) return false;
  if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0 && listBinds(node, name)) {
    return true;
  }
  return ts.forEachChild(node, (child) => hoistedVar(child, name) || undefined) ?? false;
}

const listBinds = (list: ts.VariableDeclarationList, name: string): boolean =>
  list.declarations.some((declaration) => binds(declaration.name, name));

function binds(pattern: ts.BindingName, name: string): boolean {
  if (ts.isIdentifier(pattern)) return pattern.text === name;
  return pattern.elements.some((element) => ts.isBindingElement(element) && binds(element.name, name));
}
