import { foreignLock, readLock, removeLock } from "../host/faults.ts";
import type { Lab } from "../lab.ts";

/** One thing that `npm run lab --` does to a running lab; gives what is printed. */
interface LabCommand {
  usage: string;
  summary: string;
  run: (lab: Lab, words: string[]) => Promise<string>;
}

/** The knobs by name; usage text and dispatch are made from this table. */
export const LAB_COMMANDS: Readonly<Record<string, LabCommand>> = {
  exec: {
    usage: "exec HOST COMMAND...",
    summary: "run a shell command inside a host, past SSH",
    run: async (lab, [host, ...words]) => {
      const ended = await lab.host(host ?? "").exec(words.join(" "), { timeoutMs: 600_000 });
      return ended.stdout + ended.stderr + (ended.exit === 0 ? "" : `[exit ${ended.exit ?? ended.signal}]\n`);
    },
  },
  freeze: onHost("freeze", "nothing moves on its network; `heal` delivers it all", (host) =>
    host.wire({ freeze: true }),
  ),
  "half-open": onHost("half-open", "its end of every connection is gone and clients are not told", (host) =>
    host.wire({ halfOpen: true }),
  ),
  refuse: onHost("refuse", "new connections are refused", (host) => host.wire({ refuse: true })),
  swallow: onHost("swallow", "new connections are accepted and never answered", (host) =>
    host.wire({ swallow: true }),
  ),
  slow: {
    usage: "slow HOST MILLISECONDS",
    summary: "everything arrives that much later",
    run: async (lab, [host, ms]) => {
      const delayMs = Number(ms);
      if (!Number.isInteger(delayMs) || delayMs < 0) throw new Error("slow wants a number of milliseconds");
      await lab.host(host ?? "").wire({ delayMs });
      return "";
    },
  },
  heal: onHost("heal", "its network is whole again", (host) => host.wire({})),
  cut: onHost("cut", "break all its connections now", (host) => host.cut()),
  reboot: onHost("reboot", "reboot it and wait until it is back", (host) => host.reboot()),
  stop: onHost("stop", "power off", (host) => host.stop()),
  start: onHost("start", "power on", (host) => host.start()),
  "kill-sshd": onHost("kill-sshd", "its sshd and all sessions die", (host) => host.killSshd()),
  "start-sshd": onHost("start-sshd", "sshd again", (host) => host.startSshd()),
  lock: {
    usage: "lock HOST [operation|pool] [USER] [COMMENT...]",
    summary: "lock it as another mtui does",
    run: async (lab, [host, file, user, ...comment]) => {
      const bytes = await foreignLock(lab.host(host ?? ""), {
        file: file === "pool" ? "pool" : "operation",
        ...(user === undefined ? {} : { user }),
        ...(comment.length === 0 ? {} : { comment: comment.join(" ") }),
      });
      return `${bytes}\n`;
    },
  },
  unlock: onHost("unlock", "remove both lock files", async (host) => {
    await removeLock(host);
    await removeLock(host, "pool");
  }),
  locks: {
    usage: "locks",
    summary: "both lock files of every host",
    run: async (lab) => {
      const lines = await Promise.all(
        lab.hosts.map(async (host) => {
          if (!host.up) return `${host.name}: off`;
          const [operation, pool] = await Promise.all([readLock(host), readLock(host, "pool")]);
          return `${host.name}: operation ${operation ?? "-"}  pool ${pool ?? "-"}`;
        }),
      );
      return `${lines.join("\n")}\n`;
    },
  },
  observed: {
    usage: "observed HOST",
    summary: "what its observer recorded",
    run: async (lab, [host]) =>
      lab
        .host(host ?? "")
        .observed()
        .map((e) => `${new Date(e.at * 1000).toISOString()} ${e.event} ${e.path} ${e.content ?? ""}\n`)
        .join(""),
  },
  update: {
    usage: "update RRID VERSION PACKAGE=VERSION-RELEASE...",
    summary: "make another update request for SLES hosts of VERSION (15-SP6, 16.0)",
    run: async (lab, [rrid, version, ...packages]) => {
      const [major, minor] = (version ?? "").split(/[-.]/);
      if (rrid === undefined || minor === undefined || packages.length === 0) throw new Error("see usage");
      const made = await lab.makeUpdate({
        rrid,
        packages: packages.map((p) => p.replace("=", " = ")),
        testplatforms: [`base=SLES(major=${major},minor=${minor});arch=[x86_64]`],
      });
      return `${made.dir}\n`;
    },
  },
};

function onHost(
  name: string,
  summary: string,
  act: (host: Lab["hosts"][number]) => Promise<void>,
): LabCommand {
  return {
    usage: `${name} HOST`,
    summary,
    run: async (lab, [host]) => {
      await act(lab.host(host ?? ""));
      return "";
    },
  };
}
