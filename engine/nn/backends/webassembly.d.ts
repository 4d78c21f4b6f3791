/**
 * The part of WebAssembly's JavaScript interface that the engine uses. TypeScript declares it only together with the
 * whole DOM, which the engine and the server must not see.
 */
declare namespace WebAssembly {
  type Imports = Record<string, Record<string, unknown>>;

  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
    /** A module is opaque; the brand keeps other objects from passing as one. */
    private readonly brand: never;
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Readonly<Record<string, unknown>>;
  }

  class Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }

  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}
