/**
 * Every message between an editor and the language server that LSP does not define, once, with who sends it and why.
 * Standard LSP carries the rest: code actions, lenses, progress, cancellation, trust-neutral text edits.
 */
import type {
  CodeAction,
  CodeActionParams,
  Command,
  WorkDoneProgressBegin,
  WorkDoneProgressEnd,
  WorkDoneProgressReport,
  WorkspaceEdit,
} from 'vscode-languageserver-protocol';
import type { CostItem } from '../engine/emit/cost.ts';
import type { Measure, Table } from '../engine/plot/figure.ts';
import type { RunPlots } from '../engine/plot/runFigures.ts';
import type { Certificate } from '../engine/trust/certificate.ts';
import type { Explanation } from '../engine/trust/explain.ts';
import type { Activation, ErrorFigures, TargetDescription, TargetId, VariantKind } from '../engine/types.ts';

export type { CostItem, Table };

/** A request: its method, with the types of what is sent and what is answered. A name only, so that the client loads no library for it. */
export interface RequestType<P, R> {
  readonly method: string;
  /** Never there; it carries the types. */
  readonly types?: (params: P) => R;
}

/** What is reported while a request is being answered. */
export interface ProgressType<P> {
  /** Never there; it carries the type. */
  readonly reports?: P;
}

const requestType = <P, R>(method: string): RequestType<P, R> => ({ method });
const progressType = <P>(): ProgressType<P> => ({});

/** Standard LSP: the bar that a request's progress fills. */
export const workDoneProgress = progressType<WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd>();

/** Standard LSP: what can be done at a place of a document. */
export const CodeActionRequest = {
  type: requestType<CodeActionParams, readonly (Command | CodeAction)[] | null>('textDocument/codeAction'),
};

/** The kind of the code action, under `refactor.rewrite`. */
export const approximateKind = 'refactor.rewrite.approximate';

/** What a client may say when it starts the server. */
export interface InitializationOptions {
  /** 'client': it carries out the commands itself; the server then offers none to `workspace/executeCommand`. */
  readonly commands?: 'client';
  /** Code of the workspace may run, so nobody has to be asked. */
  readonly trusted?: boolean;
}

/** Commands that code actions and lenses name; the client registers them, or the server carries them out. */
export const commandIds = {
  approximate: 'deepmaker.approximate',
  record: 'deepmaker.record',
  revert: 'deepmaker.revert',
  compare: 'deepmaker.compare',
  showFront: 'deepmaker.showFront',
  pickTarget: 'deepmaker.pickTarget',
} as const;

/** What commands take as their one argument: which function of which document. */
export interface RegionReference {
  readonly uri: string;
  /** `price`, or `Pricer.price` for a method. */
  readonly name: string;
}

/** What a run is about, by which a panel finds the run again: a function, or a data set with the folder of its run. */
export type Subject =
  | (RegionReference & { readonly kind: 'function' })
  | { readonly kind: 'dataset'; readonly uri: string; readonly name: string };
export interface BatchFigures {
  /** Nanoseconds per row. */
  readonly latencyNs: number;
  readonly speedup: number;
  readonly speedupInterval: readonly [number, number];
}

/** One network of a run, as people see it. */
export interface FrontPoint {
  readonly id: string;
  /** For example `4-8-1`. */
  readonly topology: string;
  readonly activation: Activation;
  readonly params: number;
  /** What the network's constants take: 4 a parameter in single precision; of integers all weights, scales and tables. */
  readonly bytes: number;
  /** Multiply-accumulates of one call. */
  readonly macs: number;
  /** Estimates that only the run's target has, for example logic cells; absent until the network is measured. */
  readonly cost?: readonly CostItem[];
  /** How it was made from another network of this run; absent for those that the search found. */
  readonly variant?: VariantKind;
  /** The id of that network. */
  readonly variantOf?: string;
  /** Of a pruned network: the share of its parameters that was to go. */
  readonly alpha?: number;
  /** On validation data while the search runs; on test data and the emitted code once the run is done. */
  readonly error: ErrorFigures;
  /** Nanoseconds per call of the emitted code; absent until it is measured. */
  readonly latencyNs?: number;
  /** Exact time / emitted-code time; absent until it is measured. */
  readonly speedup?: number;
  /** 95 % interval of the speedup. */
  readonly speedupInterval?: readonly [number, number];
  /** The same for the batch function, per row. */
  readonly batch?: BatchFigures;
  /** What holds for single calls, from inputs that neither training nor selection saw. */
  readonly certificate?: Certificate;
  /** The error that the bound is compared with, on the inputs of the certificate. */
  readonly freshError?: number;
  /** Where it is wrong, on held-out data. */
  readonly explanation?: Explanation;
  /** Share of the fresh inputs that the guard's error predictor leaves to the exact function. */
  readonly fallbacks?: number;
  /** Why applying it needs an explicit choice: it is slower, not clearly faster, or misses the bound. */
  readonly objection?: string;
  /** The generation that found it, from 1. */
  readonly generation: number;
  /** Not dominated by another point of this run, by error and parameters; false for networks in integers. */
  readonly onFront: boolean;
}

export type RunStage = 'analysing' | 'sampling' | 'searching' | 'training' | 'measuring' | 'done';

/** Everything the Pareto panel shows about one run. The same object is stored on disk, so that a panel can be restored. */
export interface FrontView {
  readonly runId: string;
  readonly subject: Subject;
  readonly target: TargetId;
  /** What \`error.nrmse\` of the points is. */
  readonly measure: Measure;
  readonly stage: RunStage;
  readonly generation: number;
  readonly generations: number;
  readonly evaluations: number;
  /** Hypervolume of the archive's front after each generation so far, as a share of its reference box, 0 to 1. */
  readonly hypervolume: readonly number[];
  readonly points: readonly FrontPoint[];
  /** The point that the run would apply; present once the stage is 'done'. */
  readonly chosen?: string;
  /** Nanoseconds per call of the exact function, once measured. */
  readonly exactNs?: number;
  readonly maxError?: number;
  /** Whether the chosen point meets the error bound and is faster, and why or why not, in one sentence. */
  readonly criterion?: { readonly met: boolean; readonly reason: string };
  /** What else a user should know before trusting it: one sentence each. */
  readonly notes?: readonly string[];
  /** The candidate that is in the source now, if any. */
  readonly applied?: string;
  /** In one sentence, where the source is no longer the one that the run is about: none of its networks can be used. */
  readonly stale?: string;
  /** What the plots beside the front are drawn from; present once the stage is 'done'. */
  readonly plots?: RunPlots;
}

export interface RunParams {
  readonly region: RegionReference;
  readonly target: TargetId;
  /** Ranges that the user typed because the source has no tag, by slot path. */
  readonly ranges?: Readonly<Record<string, readonly [number, number]>>;
  /** The id of a record that inputs and ranges come from. */
  readonly record?: string;
  /** Workspace trust, checked again here: sampling runs the user's code. */
  readonly trusted: boolean;
  /** `deepmaker.*` settings that override the configuration file. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly workDoneToken?: string | number;
  readonly partialResultToken?: string | number;
}

/** A reason why a function cannot be approximated: one sentence that names the construct, and its line (from 1). */
export interface Reason {
  readonly message: string;
  readonly line: number;
}

/** An input slot without a range. `tag` is the JSDoc line that would give one. */
export interface MissingRange {
  readonly path: string;
  readonly tag: string;
}

export interface Failure {
  readonly kind: 'failed';
  readonly message: string;
  /** The next step, one sentence. */
  readonly hint?: string;
}

export type RunOutcome =
  | { readonly kind: 'done'; readonly front: FrontView }
  | { readonly kind: 'cancelled'; readonly evaluated: number }
  | { readonly kind: 'refused'; readonly name: string; readonly reasons: readonly Reason[] }
  /** Ask the user for these ranges and send the request again. */
  | { readonly kind: 'needs-ranges'; readonly missing: readonly MissingRange[] }
  | Failure;

/** Client to server: approximate a function. Answers work-done progress, a FrontView per generation, and cancellation. */
export const RunRequest = {
  type: requestType<RunParams, RunOutcome>('deepmaker/run'),
  partial: progressType<FrontView>(),
};

export interface RecordBeginParams {
  readonly region: RegionReference;
  /** Workspace trust, checked again here: the command that follows runs the user's code. */
  readonly trusted: boolean;
  readonly settings?: Readonly<Record<string, unknown>>;
}

export type RecordBegun =
  /** Where the recording grows, and what the command must find as NODE_OPTIONS. */
  | { readonly kind: 'prepared'; readonly folder: string; readonly nodeOptions: string }
  | { readonly kind: 'refused'; readonly name: string; readonly reasons: readonly Reason[] }
  | Failure;

/** Client to server: get ready to record a function's calls in a command, which the client runs next. */
export const RecordBeginRequest = {
  type: requestType<RecordBeginParams, RecordBegun>('deepmaker/record/begin'),
};

export interface RecordEndParams {
  readonly region: RegionReference;
  readonly folder: string;
  readonly command: string;
  /** Its exit code, or the signal that ended it. */
  readonly exit: number | string;
}

/** The record's id, for a run to start from, and how many calls there were. */
export type RecordOutcome = { readonly kind: 'recorded'; readonly id: string; readonly calls: number } | Failure;

/** Client to server: the command has ended, however it did. */
export const RecordEndRequest = {
  type: requestType<RecordEndParams, RecordOutcome>('deepmaker/record/end'),
};

export interface HotspotsParams {
  /** A `.cpuprofile` file; absent: hide the lenses of the one that is shown. */
  readonly uri?: string;
  /** The folder whose project it is a profile of, where the profile lies elsewhere. */
  readonly folder?: string;
}

export interface HotFunction extends RegionReference {
  /** From 1. */
  readonly line: number;
  /** Shares of the time in which the program ran: with what it calls, and in its own code. */
  readonly share: number;
  readonly selfShare: number;
  /** Why it cannot be approximated; absent where it can. */
  readonly reason?: string;
}

/** Those that can be approximated come first, by their share; then the others. */
export type HotspotsOutcome =
  | { readonly kind: 'hotspots'; readonly seconds: number; readonly functions: readonly HotFunction[] }
  | Failure;

/** Client to server: show a CPU profile as lenses on the functions of the project, and answer them as a list. */
export const HotspotsRequest = {
  type: requestType<HotspotsParams, HotspotsOutcome>('deepmaker/hotspots'),
};

export interface ApplyParams {
  /** The editor's, which win over `deepmaker.config.json`: they say which circuit a network becomes. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly runId: string;
  readonly candidateId: string;
  readonly target: TargetId;
  readonly uri: string;
  /** Workspace trust, checked again here: code for other targets than the run's is compiled and run on test rows. */
  readonly trusted: boolean;
  /** The user has been asked, and wants it although it is slower or misses the bound. */
  readonly force?: boolean;
}

export interface Edit {
  readonly kind: 'edit';
  readonly label: string;
  readonly edit: WorkspaceEdit;
  /** What was found when code for another target ran on this machine, or why it did not; one sentence each. */
  readonly checked?: readonly string[];
}

export type EditOutcome = Edit | Failure;

/**
 * Client to server: the edit that swaps the function's body for a call to this candidate's network. Answers an objection
 * where the network does not pay. Answers cancellation, as code for a circuit takes a while to check.
 */
export const ApplyRequest = {
  type: requestType<ApplyParams, EditOutcome | Objection>('deepmaker/apply'),
};

/** Client to server: the same edit whatever it pays, to be looked at and not applied: nothing is recorded. */
export const PreviewRequest = {
  type: requestType<Omit<ApplyParams, 'force'>, EditOutcome>('deepmaker/preview'),
};

/** Nothing was changed: ask the user whether to apply it all the same, and send the request again with `force`. */
export interface Objection {
  readonly kind: 'objection';
  readonly message: string;
}

/** Client to server: the edit that puts the exact function back. */
export const RevertRequest = { type: requestType<RegionReference, EditOutcome>('deepmaker/revert') };

export interface FrontParams {
  /** A source file, or the folder of a run or a file in it, which then is the run that is wanted. */
  readonly uri: string;
  /** A run's id, or the region whose newest run is wanted. */
  readonly runId?: string;
  readonly name?: string;
}

export type FrontOutcome =
  | { readonly kind: 'front'; readonly front: FrontView }
  /** The function has no run yet, or none that is still stored. */
  | {
      readonly kind: 'none';
      readonly message: string;
      readonly hint: string;
      /** What an unfinished run has found so far. */
      readonly front?: FrontView;
      /** It is going on, in this process or another: ask again to see it grow. */
      readonly running?: true;
    }
  | Failure;

/** Client to server: the stored front, for a panel that is opened again or restored after a reload. */
export const FrontRequest = { type: requestType<FrontParams, FrontOutcome>('deepmaker/front') };

/** A network of a stored run. */
export interface NetworkReference {
  /** The folder of a run on a data set, or the source file of a function. */
  readonly uri: string;
  /** Of a function: which of its runs. */
  readonly runId?: string;
  readonly candidateId: string;
}

/** A target as one network sees it. */
export interface ExportTarget {
  readonly id: TargetId;
  readonly label: string;
  /** Why there is no code for this network; absent where there is. */
  readonly refused?: string;
  /** What its code cannot be checked with on this machine; it can be written all the same. */
  readonly unchecked?: string;
}

/** Client to server: what a network can be exported for, to show it before somebody asks for it. */
export const ExportTargetsRequest = {
  type: requestType<
    NetworkReference,
    { readonly kind: 'targets'; readonly targets: readonly ExportTarget[] } | Failure
  >('deepmaker/exportTargets'),
};

export interface EstimateParams {
  /** The editor's, which win over `deepmaker.config.json`: they say which circuit a network becomes. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** A source file, or the folder of a run. */
  readonly uri: string;
  readonly runId: string;
  readonly target: TargetId;
}

/** A network of a run on a target. */
export interface NetworkEstimate {
  readonly id: string;
  /** Why there is no code for it; `figures` is empty then. */
  readonly refusal?: string;
  /** What it takes there, the same labels in the same order for all networks of a run; sizes are in bytes, times in ns. */
  readonly figures: readonly CostItem[];
  /** What it takes on the devices of the paper's Table 3, and what that rests on, one sentence for each device. */
  readonly devices?: { readonly table: Table; readonly notes: readonly string[] };
}

export interface TargetEstimates {
  readonly kind: 'estimates';
  readonly runId: string;
  readonly target: TargetId;
  readonly label: string;
  readonly description: string;
  /** Why its code cannot be checked on this machine, with the command that would change that. */
  readonly unavailable?: string;
  /** Every network that can be used. */
  readonly networks: readonly NetworkEstimate[];
  /** What the tables of devices rest on. */
  readonly deviceBasis: string;
}

/** Client to server: what the networks of a finished run take on a target. Nothing is trained, measured or run for it. */
export const EstimateRequest = {
  type: requestType<EstimateParams, TargetEstimates | Failure>('deepmaker/estimate'),
};

export interface ExportParams extends NetworkReference {
  /** The editor's, which win over `deepmaker.config.json`: they say which circuit a network becomes. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly target: TargetId;
  /** The folder that the files go to. */
  readonly folder: string;
  /** Workspace trust, checked again here: the code is run on test rows. */
  readonly trusted: boolean;
}

export type ExportOutcome =
  /** Paths, and sentences about what was measured on the code in them. */
  { readonly kind: 'written'; readonly files: readonly string[]; readonly figures: readonly string[] } | Failure;

/** Client to server: write a network as code, checked on test rows where it can be. Answers cancellation. */
export const ExportRequest = { type: requestType<ExportParams, ExportOutcome>('deepmaker/export') };

/** A network that stands in for a function of the workspace: its figures when it was applied, and what became of it. */
export interface AppliedNetwork extends RegionReference {
  readonly runId: string;
  readonly target: TargetId;
  readonly topology: string;
  readonly params: number;
  readonly error: ErrorFigures;
  readonly speedup: number;
  readonly certificate?: Certificate;
  /** 'not-applied': the source computes exactly, and only the record is left. */
  readonly standing: 'current' | 'stale' | 'missing' | 'edited' | 'not-applied';
  /** What is wrong, one sentence. */
  readonly message?: string;
}

export interface ApproximationsParams {
  /** The workspace's `.deepmaker/approximations.json` files. */
  readonly uris: readonly string[];
  /** The lock files of its runs. */
  readonly locks: readonly string[];
}

/** Client to server: what the view of the side bar lists. */
export const ApproximationsRequest = {
  type: requestType<
    ApproximationsParams,
    | {
        readonly kind: 'networks';
        readonly networks: readonly AppliedNetwork[];
        /** The functions that are being approximated now, by this process or another one. */
        readonly running: readonly RegionReference[];
      }
    | Failure
  >('deepmaker/approximations'),
};

/** A stored run, in one line. */
export interface RunSummary {
  /** The run's folder. */
  readonly uri: string;
  readonly kind: Subject['kind'];
  /** Of the function or the data set. */
  readonly name: string;
  /** The function's source file. */
  readonly source?: string;
  /** When it was last written to, in milliseconds since 1970. */
  readonly modifiedMs: number;
  readonly measure: Measure;
  /** Networks on the front, and the smallest error of them, a fraction. */
  readonly networks: number;
  readonly error: number;
}

export interface RunsParams {
  /** Folders of runs, or files in them. */
  readonly uris: readonly string[];
}

/** Client to server: which of these stored runs are finished, the newest first, to pick one from. */
export const RunsRequest = { type: requestType<RunsParams, readonly RunSummary[]>('deepmaker/runs') };

/** Client to server: what the status-bar picker lists. */
export const TargetsRequest = {
  type: requestType<Record<string, never>, readonly TargetDescription[]>('deepmaker/targets'),
};
