import { type LabHost, quote } from "./lab-host.ts";

export interface ForeignLock {
  /** Which of the two lock files. @default "operation" */
  file?: "operation" | "pool";
  /** @default "bob" */
  user?: string;
  /** @default 4711 */
  pid?: number;
  comment?: string;
  /** Seconds since the epoch. @default the host's clock now */
  epoch?: number;
}

/** Path of a lock file on every host. */
export function lockPath(file: "operation" | "pool"): string {
  return file === "pool" ? "/var/lock/mtui-pool.lock" : "/var/lock/mtui.lock";
}

/** Lock the host as another mtui does: its bytes, in place, without atomicity. Gives the bytes. */
export async function foreignLock(host: LabHost, lock: ForeignLock = {}): Promise<string> {
  const epoch = lock.epoch ?? Math.floor(Date.now() / 1000);
  const comment = lock.comment === undefined ? "" : `:${lock.comment}`;
  const bytes = `${epoch}:${lock.user ?? "bob"}:${lock.pid ?? 4711}${comment}`;
  await host.writeFile(lockPath(lock.file ?? "operation"), bytes);
  return bytes;
}

/** Bytes of a lock file; null if the host is not locked. */
export function readLock(host: LabHost, file: "operation" | "pool" = "operation"): Promise<string | null> {
  return host.readFile(lockPath(file));
}

/** The other mtui lets go. */
export async function removeLock(host: LabHost, file: "operation" | "pool" = "operation"): Promise<void> {
  await host.must(`rm -f ${lockPath(file)}`);
}

/** Take a program away (`flock`, `zypper`, ...), or give it back. */
export async function hideProgram(host: LabHost, name: string, hidden = true): Promise<void> {
  host.requireReal("hiding a program");
  const place = (await host.must(`type -P ${quote(name)} || type -P ${quote(`${name}.hidden`)}`)).trim();
  const plain = place.replace(/\.hidden$/, "");
  const [from, to] = hidden ? [plain, `${plain}.hidden`] : [`${plain}.hidden`, plain];
  await host.must(`mv ${quote(from)} ${quote(to)}`);
}

/** /var/lock refuses writing, as on a file system with errors. The observer goes on watching it. */
export async function readOnlyLocks(host: LabHost, on = true): Promise<void> {
  host.requireReal("a read-only directory");
  await host.must(
    on
      ? "mountpoint -q /run/lock || mount --bind /run/lock /run/lock; mount -o remount,bind,ro /run/lock"
      : "mount -o remount,bind,rw /run/lock",
  );
}

/** A directory without a free byte; by default where zypper puts what it downloads. */
export async function fullDisk(host: LabHost, dir = "/var/cache/zypp"): Promise<void> {
  host.requireReal("a full disk");
  await host.must(
    `mkdir -p ${quote(dir)} && mount -t tmpfs -o size=64k tmpfs ${quote(dir)} && ! cat /dev/zero > ${quote(`${dir}/filler`)} 2>/dev/null`,
  );
}

export async function freeDisk(host: LabHost, dir = "/var/cache/zypp"): Promise<void> {
  host.requireReal("a full disk");
  await host.must(`umount ${quote(dir)}`);
}

/** Somebody else's zypper runs: every other one is refused ("System management is locked") until `letZyppGo`. */
export async function holdZypp(host: LabHost): Promise<void> {
  host.requireReal("holding zypp");
  // libzypp's lock is this file with the id of a process that lives.
  await host.must("bash -c 'exec -a zypper sleep infinity' >/dev/null 2>&1 & echo $! > /run/zypp.pid");
}

export async function letZyppGo(host: LabHost): Promise<void> {
  host.requireReal("holding zypp");
  await host.must("kill -KILL $(cat /run/zypp.pid); rm -f /run/zypp.pid");
}
