import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mustRun } from "../process.ts";
import type { Endpoint } from "../services/protocol.ts";
import type { ResolvedSpec } from "../spec.ts";
import { insideScripts } from "./layer.ts";

export interface PreparedHost {
  /** Public half of the host key, as `ssh-ed25519 AAAA...`. */
  hostKey: string;
}

/** Fill a host's private directory before its first boot. */
export async function prepareHost(
  dir: string,
  options: {
    observer: boolean;
    layer: string;
    spec: ResolvedSpec;
    sshd: Endpoint;
    authorizedKey: string;
    releasedUrl: string;
  },
): Promise<PreparedHost> {
  const { spec, sshd } = options;
  const share = join(dir, "share");
  const snapshots = join(share, "snapshots");
  const repos = join(dir, "data/etc/zypp/repos.d");
  for (const d of [join(share, "inside"), join(snapshots, "1"), repos]) {
    await mkdir(d, { recursive: true, mode: 0o755 });
  }
  // Whiteouts and opaque directories are devices and attributes: cp -a keeps both.
  await mustRun(["cp", "-a", options.layer, join(snapshots, "1/upper")]);
  for (const file of ["default", "last"]) await writeFile(join(snapshots, file), "1\n");
  await writeFile(join(snapshots, "1/upper/etc/hostname"), `${spec.name}\n`);
  await writeFile(join(repos, "released.repo"), releasedRepo(options.releasedUrl));
  for (const [name, text] of await insideScripts()) await writeFile(join(share, "inside", name), text);
  await writeFile(join(share, "events"), "");
  if (!options.observer) await writeFile(join(share, "no-observer"), "");
  if (!spec.perl) await writeFile(join(share, "no-perl"), "");
  await writeFile(join(share, "authorized_keys"), `${options.authorizedKey}\n`);
  await writeFile(join(share, "sshd_config"), sshdConfig(spec, sshd));
  const hostKey = await newHostKey(dir);
  return { hostKey };
}

/** Make, or replace, the key by which a host proves itself. sshd reads it when it starts. */
export async function newHostKey(
  dir: string,
  type: "ed25519" | "ecdsa" | "rsa" = "ed25519",
): Promise<string> {
  const file = join(dir, "share/ssh_host_key");
  await mustRun(["rm", "-f", file, `${file}.pub`]);
  await mustRun(["ssh-keygen", "-q", "-t", type, "-N", "", "-C", "", "-f", file]);
  return (await readFile(`${file}.pub`, "utf8")).trim();
}

function releasedRepo(url: string): string {
  return `[released]
name=released
enabled=1
autorefresh=1
baseurl=${url}
type=rpm-md
gpgcheck=0
`;
}

function sshdConfig(spec: ResolvedSpec, at: Endpoint): string {
  // MaxSessions, MaxStartups and the rest stay at OpenSSH's defaults: refhosts have those too.
  return `${spec.sshd.map((line) => `${line}\n`).join("")}ListenAddress ${at.host}:${at.port}
HostKey /run/lab/ssh_host_key
AuthorizedKeysFile /run/lab/authorized_keys
PidFile /run/sshd.pid
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
StrictModes no
PrintMotd no
Subsystem sftp internal-sftp
`;
}
