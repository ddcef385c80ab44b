import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2, { type Connection, type ServerChannel } from "ssh2";

/**
 * Where a host stops answering: what comes before is answered as it should be, and from there on the
 * connection stands and nothing comes over it any more.
 */
export type Silence =
  | "banner"
  | "key exchange"
  | "authentication"
  | "channel"
  | "command"
  | "forward"
  /** The first request of the control shell that has this text in it. */
  | { request: string }
  | null;

const { privateKey: HOST_KEY } = newKey();

function newKey(): { privateKey: string } {
  const { private: privateKey } = ssh2.utils.generateKeyPairSync("ed25519");
  return { privateKey };
}

/** An SSH server on the loopback interface whose shells are those of this machine. */
export class SilentHost implements AsyncDisposable {
  /** Where the connector's files for this host are, and its lock directory. */
  readonly dir = mkdtempSync(join(tmpdir(), "mtui-silent-"));
  readonly #tcp: Server;
  readonly #sockets = new Set<Socket>();
  readonly #shells = new Set<ChildProcessWithoutNullStreams>();
  readonly #reached = Promise.withResolvers<void>();
  #silence: Silence;
  #speak: (() => void) | null = null;
  #allGone = Promise.withResolvers<void>();

  private constructor(silence: Silence) {
    this.#silence = silence;
    const ssh = new ssh2.Server({ hostKeys: [HOST_KEY] }, (client) => this.#serve(client));
    this.#tcp = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        this.#sockets.delete(socket);
        if (this.#sockets.size === 0) this.#allGone.resolve();
      });
      const silent = this.#silence;
      if (silent === "banner" || silent === "key exchange") {
        if (silent === "key exchange") socket.write("SSH-2.0-silent\r\n");
        // What the client says of itself has come: it waits for us.
        socket.once("data", () => this.#reached.resolve());
        socket.resume();
        return;
      }
      ssh.injectSocket(socket);
    });
  }

  static async start(silence: Silence): Promise<SilentHost> {
    const host = new SilentHost(silence);
    await new Promise<void>((resolve) => host.#tcp.listen(0, "127.0.0.1", resolve));
    const { port } = host.#tcp.address() as AddressInfo;
    const key = join(host.dir, "id");
    writeFileSync(key, newKey().privateKey, { mode: 0o600 });
    const known = `UserKnownHostsFile ${join(host.dir, "known")}`;
    const common = `HostName 127.0.0.1\nPort ${port}\nIdentityFile ${key}\n${known}\nHostKeyAlias ant`;
    writeFileSync(host.configFile, `Host ant\n${common}\nHost far\n${common}\nProxyJump ant\n`);
    return host;
  }

  get configFile(): string {
    return join(this.dir, "ssh_config");
  }

  /** Resolves when somebody waits for what will not come. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  /** Resolves when every connection that there was is gone, as seen from here. */
  get gone(): Promise<void> {
    return this.#allGone.promise;
  }

  /** From now on; connections that stand break. */
  fallSilent(silence: Silence): void {
    this.#silence = silence;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#allGone = Promise.withResolvers<void>();
  }

  /** The request at which it fell silent is run after all. */
  speak(): void {
    this.#speak?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const shell of this.#shells) shell.kill("SIGKILL");
    await new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
    rmSync(this.dir, { recursive: true, force: true });
  }

  #isSilentAt(place: Silence): boolean {
    if (this.#silence !== place) return false;
    this.#reached.resolve();
    return true;
  }

  #serve(client: Connection): void {
    client.on("error", () => undefined);
    client.on("authentication", (context) => {
      if (!this.#isSilentAt("authentication")) context.accept();
    });
    client.on("tcpip", () => void this.#isSilentAt("forward"));
    client.on("session", (accept) => {
      if (this.#isSilentAt("channel")) return;
      accept().on("exec", (acceptExec) => {
        if (!this.#isSilentAt("command")) this.#shell(acceptExec());
      });
    });
  }

  #shell(channel: ServerChannel): void {
    const shell = spawn("/bin/sh", { stdio: "pipe" });
    this.#shells.add(shell);
    shell.once("exit", () => this.#shells.delete(shell));
    for (const stream of [shell.stdin, shell.stdout, shell.stderr, channel])
      stream.on("error", () => undefined);
    shell.stdout.pipe(channel);
    channel.once("close", () => shell.kill("SIGKILL"));
    let held: Buffer[] | null = null;
    channel.on("data", (chunk: Buffer) => {
      const silence = this.#silence;
      if (held === null && typeof silence === "object" && silence !== null) {
        if (chunk.includes(`{ ${silence.request}`)) {
          held = [];
          this.#speak = () => {
            for (const each of held ?? []) shell.stdin.write(each);
            this.#silence = null;
            held = null;
          };
          this.#reached.resolve();
        }
      }
      if (held === null) shell.stdin.write(chunk);
      else held.push(chunk);
    });
  }
}
