/**
 * One scripted host: an SSH server of ssh2 that runs commands as this user, with paths rewritten into the
 * host's directory (argument 1: its settings as JSON). Watches its lock and repository directories in the
 * place of an observer, and ends with its standard input.
 */
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync, watch } from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";
import ssh2 from "ssh2";
import { rewriteCommand } from "./rewrite.ts";

/** What the owner tells a host about itself. */
export interface ScriptedSettings {
  root: string;
  events: string;
  listen: { host: string; port: number };
  hostKey: string;
  authorizedKey: string;
  env: Record<string, string>;
  /** Whom commands run as; null = as we do. Root gives up its rights: there is no wall around a host. */
  user: number | null;
}

const settings = JSON.parse(process.argv[2] ?? "") as ScriptedSettings;
const allowed = ssh2.utils.parseKey(settings.authorizedKey);
if (allowed instanceof Error) throw allowed;
const env = {
  ...settings.env,
  PATH: `${settings.root}/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
  HOME: join(settings.root, "root"),
  USER: "root",
  SHELL: "/bin/bash",
  MTUI_LAB_ROOT: settings.root,
};

function run(command: string, channel: ssh2.ServerChannel): void {
  // A session of its own, as under sshd.
  const child = spawn("/bin/bash", ["-c", rewriteCommand(command, settings.root)], {
    env,
    cwd: env.HOME,
    detached: true,
    ...(settings.user === null ? {} : { uid: settings.user, gid: settings.user }),
  });
  child.stdin.on("error", () => {});
  channel.on("error", () => {});
  // By lines, so that no path is cut in two; a shell reads by lines as well.
  createInterface({ input: channel })
    .on("line", (line) => child.stdin.write(`${rewriteCommand(line, settings.root)}\n`))
    .on("close", () => child.stdin.end());
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.on("close", (status, signal) => {
    if (signal === null) channel.exit(status ?? 1);
    else channel.exit(signal);
    channel.end();
  });
  channel.on("close", () => {
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  });
}

const server = new ssh2.Server({ hostKeys: [settings.hostKey], ident: "LAB" }, (client) => {
  client.on("error", () => {});
  client.on("authentication", (context) => {
    if (context.method !== "publickey") return context.reject(["publickey"]);
    // `verify` gives an Error for what it does not understand, and an Error is truthy.
    const known = context.key.data.equals(allowed.getPublicSSH());
    const signed =
      context.signature === undefined ||
      (context.blob !== undefined &&
        Object.is(allowed.verify(context.blob, context.signature, context.hashAlgo), true));
    return known && signed ? context.accept() : context.reject(["publickey"]);
  });
  client.on("ready", () => {
    client.on("session", (accept) => {
      const session = accept();
      session.on("exec", (take, _reject, info) => run(info.command, take()));
      session.on("shell", (take) => run("exec bash", take()));
    });
  });
});
server.listen(settings.listen.port, settings.listen.host, () => process.stdout.write("ready\n"));

function record(event: string, words: { path: string; content: string }): void {
  const line = [(Date.now() / 1000).toFixed(6), event, words.path, words.content.replaceAll("\t", " ")].join(
    "\t",
  );
  appendFileSync(settings.events, `${line}\n`);
}

record("BOOT", { path: "/", content: "-" });
for (const [dir, path] of [
  ["var/lock", "/run/lock"],
  ["etc/zypp/repos.d", "/etc/zypp/repos.d"],
] as const) {
  watch(join(settings.root, dir), (_kind, name) => {
    if (name === null || !/^(mtui(-pool)?\.lock|issue-.*)$/.test(name)) return;
    let event = "CLOSE_WRITE";
    let content = "-";
    try {
      content = readFileSync(join(settings.root, dir, name), "utf8").split("\n")[0] || "-";
    } catch {
      event = "DELETE";
    }
    record(event, { path: `${path}/${name}`, content });
  });
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.stdin.on("end", () => process.exit(0)).resume();
