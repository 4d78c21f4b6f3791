/** From a use of something that the project declares to the code behind it. */
import { t } from '../../engine/texts.ts';
import { changesOfVariable, isAccess } from './changes.ts';
import { type FunctionNode, isFunctionNode, lineAt, ts, unwrap } from './compiler.ts';

/** Code that runs, or has run, when the function is called. */
export interface Reached {
  readonly node: ts.Node;
  /** The helper or variable it belongs to; undefined for the function itself. */
  readonly name?: string;
  /** 'member': part of a class, so that `this` is an object of the project. 'value': runs once, when its module loads. */
  readonly kind: 'function' | 'member' | 'value';
  /** Where the function itself uses what leads here. */
  readonly entry: ts.Node;
}

/** `problem` completes "it ..." or "it calls `helper`, which ...". */
export interface Finding {
  readonly problem: string;
  readonly node: ts.Node;
  readonly reached: Reached;
  /** The outer variable that it is about. */
  readonly variable?: ts.Symbol;
}

export interface ReachOptions {
  readonly root: FunctionNode;
  /** The function's declarations: the function, and the public one where `root` is its exact copy. */
  readonly own: readonly ts.Declaration[];
  /** Uses of `this` that are looked at elsewhere. */
  readonly receiver?: ReadonlySet<ts.Node>;
}

/** The state of one walk; lists and sets grow. */
export interface Exploration {
  readonly checker: ts.TypeChecker;
  readonly options: ReachOptions;
  readonly reached: Reached[];
  readonly seen: Set<ts.Node>;
  readonly findings: Finding[];
  readonly external: Set<string>;
}

/** A use of something that the project declares at the top level of a module, or in a class there. */
export interface Use {
  readonly use: ts.Node;
  readonly symbol: ts.Symbol;
  readonly node: ts.Declaration;
}

/** Adds the code of a declaration that is used, or says why that use is not pure. */
export function reachDeclaration(exploration: Exploration, reached: Reached, target: Use): void {
  const { checker, options, findings } = exploration;
  const { use, symbol, node } = target;
  const add: Add = (code, kind) => {
    if (!code || exploration.seen.has(code)) return;
    exploration.seen.add(code);
    const entry = reached.name === undefined ? use : reached.entry;
    const name = symbol.name === 'default' ? use.getText() : symbol.name;
    exploration.reached.push({
      node: code,
      name,
      kind: kind === 'value' && isFunctionNode(code) ? 'function' : kind,
      entry,
    });
  };
  if (options.own.includes(node)) {
    if (reached.name === undefined) return;
    const problem = t('calls `{0}` back; only direct recursion can be kept exact', use.getText());
    findings.push({ problem, node: use, reached });
  } else if (ts.isShorthandPropertyAssignment(node)) {
    const value = checker.getShorthandAssignmentValueSymbol(node);
    const inner = value?.valueDeclaration;
    if (inner) reachDeclaration(exploration, reached, { use, symbol: value, node: inner });
  } else if (ts.isClassDeclaration(node)) {
    outerState(exploration, reached, target, add);
    addClass(node, add);
  } else if (ts.isFunctionDeclaration(node)) add(node.body && node, 'function');
  else if (ts.isMethodDeclaration(node) || ts.isAccessor(node)) add(node, 'member');
  else if (ts.isEnumDeclaration(node)) add(node, 'value');
  else if (ts.isExportAssignment(node)) add(codeOf(node.expression), 'value');
  else if (ts.isPropertyAssignment(node)) add(codeOf(node.initializer), 'value');
  // CommonJS: `exports.scale = ..` declares `scale`.
  else if (ts.isBinaryExpression(node)) add(codeOf(node.right), 'value');
  else if (isAccess(node) && ts.isBinaryExpression(node.parent)) add(codeOf(node.parent.right), 'value');
  else {
    const variable = ts.findAncestor(node, ts.isVariableDeclaration);
    if (!variable) return;
    outerState(exploration, reached, target, add);
    add(variable.initializer && codeOf(variable.initializer), 'value');
  }
}

type Add = (code: ts.Node | undefined, kind: Reached['kind']) => void;

/** What runs when a class is made or an object of it; methods are added where they are used. */
function addClass(node: ts.ClassDeclaration, add: Add): void {
  for (const part of node.members) {
    if (ts.isPropertyDeclaration(part)) add(part.initializer, 'member');
    if (ts.isConstructorDeclaration(part) || ts.isClassStaticBlockDeclaration(part)) add(part, 'member');
  }
  for (const clause of node.heritageClauses ?? []) {
    if (clause.token === ts.SyntaxKind.ExtendsKeyword) for (const type of clause.types) add(type.expression, 'value');
  }
}

const codeOf = (node: ts.Expression): ts.Expression => (isFunctionNode(unwrap(node)) ? unwrap(node) : node);

/** A variable of a module may be read where nothing changes it, other than its module while it loads. */
function outerState({ checker, findings }: Exploration, reached: Reached, { use, symbol, node }: Use, add: Add): void {
  const file = node.getSourceFile();
  for (const change of changesOfVariable(checker, symbol, file)) {
    const setup = change.kind === 'mutated' ? loadingStatement(change.node) : undefined;
    if (setup) {
      add(setup, 'value');
      continue;
    }
    const line = lineAt(file, change.node.getStart(file));
    findings.push({
      problem: t('reads `{0}`, which line {1} changes', symbol.name, String(line)),
      node: use,
      reached,
      variable: symbol,
    });
    return;
  }
}

/** The top-level statement around code that runs once, while its module loads. */
function loadingStatement(node: ts.Node): ts.Statement | undefined {
  for (let current = node; ; current = current.parent) {
    if (ts.isFunctionLike(current) || ts.isClassLike(current)) return undefined;
    if (ts.isSourceFile(current.parent)) return ts.isStatement(current) ? current : undefined;
  }
}
