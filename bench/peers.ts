import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../test/lab/index.ts";

/** A fan-out tool of the distribution, run on the lab's hosts. Null = not installed. */
export interface Peer {
  name: string;
  run: (hosts: readonly string[]) => Promise<void>;
  close: () => Promise<void>;
}

/** Runs a command to its end, output thrown away; throws when it fails. */
export function must(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], env });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.on("error", fail);
    child.on("close", (code) =>
      code === 0 ? done() : fail(new Error(`${command}: exit ${code}: ${said.slice(-500)}`)),
    );
  });
}

async function installed(command: string): Promise<boolean> {
  return must("sh", ["-c", `command -v ${command}`]).then(
    () => true,
    () => false,
  );
}

/** clush cold and over ControlMaster, parallel-ssh, and mux'd ssh, as far as they are installed. */
export async function findPeers(lab: Lab): Promise<Peer[]> {
  const cold = lab.files.sshConfig;
  const warm = join(lab.dir, "ssh_config.mux");
  const mux = `Host *\n  ControlMaster auto\n  ControlPath ${join(lab.dir, "mux-%C")}\n  ControlPersist 600\n`;
  writeFileSync(warm, mux + readFileSync(cold, "utf8"), { mode: 0o600 });
  const peers: Peer[] = [];
  const closeMux = async (): Promise<void> => {
    await Promise.all(
      lab.hosts.map((host) => must("ssh", ["-F", warm, "-O", "exit", host.name]).catch(() => undefined)),
    );
  };
  if (await installed("ssh")) {
    peers.push({
      name: "ssh over ControlMaster, one process a host",
      run: async (hosts) =>
        void (await Promise.all(hosts.map((host) => must("ssh", ["-F", warm, host, "true"])))),
      close: closeMux,
    });
  }
  if (await installed("clush")) {
    const clush = (config: string) => (hosts: readonly string[]) =>
      must("clush", ["-q", "-S", "-f", "64", "-o", `-F ${config}`, "-w", hosts.join(","), "true"]);
    peers.push({ name: "clush over ControlMaster", run: clush(warm), close: closeMux });
    peers.push({ name: "clush, cold", run: clush(cold), close: async () => undefined });
  }
  if (await installed("parallel-ssh")) {
    peers.push({
      name: "parallel-ssh, cold",
      run: (hosts) =>
        must("parallel-ssh", [
          "-p",
          "64",
          "-x",
          `-F ${cold}`,
          ...hosts.flatMap((host) => ["-H", host]),
          "true",
        ]),
      close: async () => undefined,
    });
  }
  return peers;
}
