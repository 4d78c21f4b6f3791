/** A raw JSON-RPC client over a child's standard streams: what any LSP editor does, without any editor's library. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

type Message = { id?: number; method?: string; params?: unknown; result?: unknown; error?: { message: string } };

/** Owns one server process, from `start` to `stop`. */
export class RpcClient {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  readonly #listeners: ((method: string, params: unknown) => void)[] = [];
  #nextId = 1;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout!.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#child.on('exit', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('The server ended.'));
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Sends a request; `id` lets a test cancel it. */
  request<T>(method: string, params: unknown): { id: number; response: Promise<T> } {
    const id = this.#nextId++;
    const response = new Promise<T>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#send({ id, method, params });
    return { id, response };
  }

  notify(method: string, params: unknown): void {
    this.#send({ method, params });
  }

  onNotification(listener: (method: string, params: unknown) => void): void {
    this.#listeners.push(listener);
  }

  /** Sends bytes as they are, for messages that no client should send. */
  sendRaw(text: string): void {
    this.#child.stdin!.write(text);
  }

  async stop(): Promise<number | null> {
    const exited = once(this.#child, 'exit');
    await this.request('shutdown', null).response;
    this.notify('exit', null);
    const [code] = (await exited) as [number | null];
    return code;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #send(message: Message): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#child.stdin!.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const headerEnd = this.#buffer.indexOf('\r\n\r\n');
      if (headerEnd < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.#buffer.toString('ascii', 0, headerEnd))?.[1]);
      const end = headerEnd + 4 + length;
      if (this.#buffer.length < end) return;
      const message = JSON.parse(this.#buffer.toString('utf8', headerEnd + 4, end)) as Message;
      this.#buffer = this.#buffer.subarray(end);
      this.#dispatch(message);
    }
  }

  #dispatch({ id, method, params, result, error }: Message): void {
    if (method !== undefined) {
      if (id !== undefined) this.#sendResult(id);
      for (const listener of this.#listeners) listener(method, params);
      return;
    }
    const pending = this.#pending.get(id!);
    this.#pending.delete(id!);
    if (error) pending?.reject(new Error(error.message));
    else pending?.resolve(result as never);
  }

  /** Requests of the server (registrations, refreshes) are agreed to. */
  #sendResult(id: number): void {
    const body = JSON.stringify({ jsonrpc: '2.0', id, result: null });
    this.#child.stdin!.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
}
