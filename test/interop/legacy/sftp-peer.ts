import { readFile } from "node:fs/promises";
import { Client, type SFTPWrapper } from "ssh2";
import type { Lab, LabHost } from "../../lab/index.ts";

/** Flags of an SFTP open, as they are on the wire. */
export const FLAGS = {
  read: 0x01,
  /** CREAT and EXCL without WRITE: what one peer's mode `x` really sends. */
  exclusiveUnwritable: 0x28,
  /** READ, WRITE, CREAT, TRUNC: mode `w+`. */
  overwrite: 0x1b,
  /** WRITE, CREAT, EXCL. */
  exclusive: 0x2a,
} as const;

const NO_SUCH_FILE = 2;

/** What the server said to an open: a handle, "no such file", or any other refusal. */
export type Opened =
  | { readonly state: "open"; readonly handle: Buffer }
  | { readonly state: "absent" }
  | { readonly state: "failed"; readonly reason: string };

/** One peer's SFTP channel to a host of the lab: raw opens, nothing that protects anybody. */
export class SftpPeer implements AsyncDisposable {
  readonly #client: Client;
  readonly #sftp: SFTPWrapper;

  private constructor(client: Client, sftp: SFTPWrapper) {
    this.#client = client;
    this.#sftp = sftp;
  }

  static async connect(lab: Lab, host: LabHost): Promise<SftpPeer> {
    const client = new Client();
    const privateKey = await readFile(lab.files.identity);
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
      client.on("error", reject);
      client.on("ready", () => {
        client.setNoDelay(true);
        client.sftp((error, made) => (error ? reject(error) : resolve(made)));
      });
      client.connect({ host: host.address, port: host.port, username: "root", privateKey });
    });
    return new SftpPeer(client, sftp);
  }

  async open(path: string, flags: number): Promise<Opened> {
    return await new Promise((resolve) =>
      this.#sftp.open(path, flags, (error, handle) => {
        if (error === undefined || error === null) return resolve({ state: "open", handle });
        if ((error as { code?: unknown }).code === NO_SUCH_FILE) return resolve({ state: "absent" });
        resolve({ state: "failed", reason: error.message });
      }),
    );
  }

  /** The first 4 KiB, which is more than a lock file has. */
  async read(handle: Buffer): Promise<Buffer> {
    const buffer = Buffer.alloc(4096);
    return await new Promise((resolve, reject) =>
      this.#sftp.read(handle, buffer, 0, buffer.length, 0, (error: unknown, count: number) => {
        if (error && (error as { code?: unknown }).code !== 1) reject(error);
        else resolve(buffer.subarray(0, error ? 0 : count));
      }),
    );
  }

  async write(handle: Buffer, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    await new Promise<void>((resolve, reject) =>
      this.#sftp.write(handle, bytes, 0, bytes.length, 0, (error) => (error ? reject(error) : resolve())),
    );
  }

  async close(handle: Buffer): Promise<void> {
    await new Promise<void>((resolve, reject) =>
      this.#sftp.close(handle, (error) => (error ? reject(error) : resolve())),
    );
  }

  /** "No such file" is fine; so is, for these peers, every other refusal. */
  async remove(path: string): Promise<void> {
    await new Promise<void>((resolve) => this.#sftp.unlink(path, () => resolve()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#client.on("close", () => resolve());
      this.#client.end();
    });
  }
}
