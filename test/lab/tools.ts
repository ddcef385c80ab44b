import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Programs of the real lab and the packages that bring them, on Debian and on openSUSE. */
export const LAB_TOOLS = {
  sshd: { debian: "openssh-server", suse: "openssh-server" },
  "ssh-keygen": { debian: "openssh-client", suse: "openssh-clients" },
  zypper: { debian: "zypper", suse: "zypper" },
  rpm: { debian: "rpm", suse: "rpm" },
  rpmbuild: { debian: "rpm", suse: "rpm-build" },
  createrepo_c: { debian: "createrepo-c", suse: "createrepo_c" },
  modifyrepo_c: { debian: "createrepo-c", suse: "createrepo_c" },
  gawk: { debian: "gawk", suse: "gawk" },
  inotifywait: { debian: "inotify-tools", suse: "inotify-tools" },
  flock: { debian: "util-linux", suse: "util-linux" },
  unshare: { debian: "util-linux", suse: "util-linux" },
  nsenter: { debian: "util-linux", suse: "util-linux" },
  setpriv: { debian: "util-linux", suse: "util-linux" },
  mountpoint: { debian: "util-linux", suse: "util-linux" },
  bash: { debian: "bash", suse: "bash" },
  pkill: { debian: "procps", suse: "procps" },
} as const;

/** Absolute path of a program; null if it is nowhere. sbin counts even where PATH leaves it out. */
export function findProgram(name: string): string | null {
  const path = (process.env.PATH ?? "").split(delimiter);
  for (const dir of [...path, "/usr/sbin", "/sbin", "/usr/bin", "/bin"]) {
    if (!dir.startsWith("/")) continue;
    const place = join(dir, name);
    try {
      accessSync(place, constants.X_OK);
      return place;
    } catch {
      // Not in this directory.
    }
  }
  return null;
}

/** Programs of the real lab that this machine lacks. */
export function missingTools(): (keyof typeof LAB_TOOLS)[] {
  return (Object.keys(LAB_TOOLS) as (keyof typeof LAB_TOOLS)[]).filter((tool) => findProgram(tool) === null);
}

/** sshd insists on being started by its absolute path. */
export function findSshd(): string {
  const sshd = findProgram("sshd");
  if (sshd === null) throw new Error("lab: no sshd");
  return sshd;
}
