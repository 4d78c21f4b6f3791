/** What the parts of the search share. */
import type { Random } from '../data/random.ts';
import type { AnyTopology, Optimizer } from '../types.ts';

/** One value per objective, all minimised. Infinity is legal: a candidate that could not be trained. NaN is not. */
export type Objectives = readonly number[];

/** A space of genomes: how to draw, recombine, change and tell them apart. Genomes are never modified in place. */
export interface Variation<G> {
  /** Genes per genome; the default mutation rate is 1 / genes. */
  readonly genes: number;
  draw(random: Random): G;
  crossover(first: G, second: G, random: Random): readonly [G, G];
  /** Changes each gene with probability `rate`. */
  mutate(genome: G, rate: number, random: Random): G;
  /** Equal exactly for genomes that mean the same candidate. */
  key(genome: G): string;
}

/** A genome that the search wants evaluated. */
export interface Asked<G> {
  readonly key: string;
  readonly genome: G;
}

export interface Evaluated<G> extends Asked<G> {
  readonly objectives: Objectives;
  /** The generation that asked for it, from 1. */
  readonly generation: number;
}

/** A member of the population: `rank` is the front it is on, from 0; a larger `crowding` distance is lonelier. */
export interface Ranked<E> {
  readonly entry: E;
  /** The objectives that it was ranked by: all infinite where one is. */
  readonly point: Objectives;
  readonly rank: number;
  readonly crowding: number;
}

/** Indices into the tables of values of a space, one per gene. */
export type Genes = readonly number[];

/** What a genome stands for: a network, and how it is trained. */
export interface Recipe {
  readonly topology: AnyTopology;
  readonly optimizer: Optimizer;
  readonly learningRate: number;
}

/** A space of networks that fit one dataset. */
export interface NetworkSpace extends Variation<Genes> {
  recipe(genes: Genes): Recipe;
}

export type SpaceOutcome =
  | { readonly kind: 'space'; readonly space: NetworkSpace }
  | { readonly kind: 'failed'; readonly message: string; readonly hint: string };
