import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Endpoint, ServiceReply, ServiceRequest, WireFault } from "./protocol.ts";

type Ask = ServiceRequest extends infer R ? (R extends { id: number } ? Omit<R, "id"> : never) : never;
type Waiter = { resolve: (port: number | undefined) => void; reject: (error: Error) => void };

/** The owner's end of the services process. */
export class Services {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, Waiter>();
  readonly #gone: Promise<void>;
  #next = 1;

  constructor() {
    // pdeathsig: the kernel ends it with us, even if we are killed while its input is held open by a fork.
    const command = ["--pdeathsig", "KILL", process.execPath, join(import.meta.dirname, "process.ts")];
    this.#child = spawn("setpriv", command, { stdio: ["pipe", "pipe", "inherit"], detached: true });
    this.#child.stdin.on("error", () => {});
    this.#gone = new Promise((resolve) => {
      const lost = () => {
        for (const waiter of this.#waiting.values()) waiter.reject(new Error("lab: services process ended"));
        this.#waiting.clear();
        resolve();
      };
      this.#child.once("error", lost).once("exit", lost);
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      const message = JSON.parse(line) as ServiceReply;
      const waiter = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.ok) waiter?.resolve(message.port);
      else
        waiter?.reject(Object.assign(new Error(`lab: services: ${message.error}`), { code: message.error }));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async wire(name: string, ends: { listen: Endpoint; target: Endpoint }): Promise<void> {
    await this.#ask({ do: "wire", name, ...ends });
  }

  async fault(name: string, fault: WireFault): Promise<void> {
    await this.#ask({ do: "fault", name, fault });
  }

  async cut(name: string): Promise<void> {
    await this.#ask({ do: "cut", name });
  }

  async http(root: string): Promise<number> {
    const port = await this.#ask({ do: "http", root });
    if (port === undefined) throw new Error("lab: web server has no port");
    return port;
  }

  #ask(request: Ask): Promise<number | undefined> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      if (this.#child.exitCode !== null) return reject(new Error("lab: services process ended"));
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  killNow(): void {
    this.#child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.killNow();
    await this.#gone;
  }
}
