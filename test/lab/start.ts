import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type ClientFileOptions, labFiles, writeClientFiles } from "./files.ts";
import { LabHost } from "./host/lab-host.ts";
import { REAL } from "./host/real-kind.ts";
import type { LabKind } from "./kind.ts";
import { endParts, Lab, type LabParts } from "./lab.ts";
import { CATALOGUE, OFFERED } from "./packages/catalogue.ts";
import { type PackageLike, packageSpec } from "./packages/spec.ts";
import { recordProcess, removePlace, SSHD_PORT, takePlace } from "./place.ts";
import { SCRIPTED } from "./scripted/kind.ts";
import { Services } from "./services/client.ts";
import { onEndOfProcess } from "./signals.ts";
import { type HostSpec, type ResolvedSpec, resolveSpecs } from "./spec.ts";

export interface LabOptions extends Partial<ClientFileOptions> {
  /** What hosts there are; a number asks for that many of SLES 15-SP6 and 15-SP7 in turn. */
  hosts: readonly HostSpec[] | number;
  /** @default "real" */
  kind?: LabKind["kind"];
  /** Packages that the released repository offers beside those of the catalogue. */
  released?: readonly PackageLike[];
  /** Without them hosts do nothing but their own work, as in a measurement. @default true */
  observers?: boolean;
}

/** Start a lab. Real hosts need root and the programs of `ensureLabTools`. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const specs = resolveSpecs(options.hosts);
  if (specs.length > 250) throw new Error("lab: at most 250 hosts");
  const kind = options.kind === "scripted" ? SCRIPTED : REAL;
  const place = await takePlace();
  const services = new Services();
  const parts: LabParts = {
    kind,
    place,
    services,
    machines: [],
    hosts: [],
    url: "",
    forgetSignals: () => {},
  };
  parts.forgetSignals = onEndOfProcess(() => {
    for (const machine of parts.machines) machine.close();
    services.killNow();
    removePlace(place.dir);
  });
  try {
    if (services.pid !== undefined) recordProcess(place.dir, services.pid);
    await build(parts, { specs, options });
    return new Lab(parts);
  } catch (error) {
    parts.forgetSignals();
    await endParts(parts);
    throw error;
  }
}

async function build(
  parts: LabParts,
  asked: { specs: readonly ResolvedSpec[]; options: LabOptions },
): Promise<void> {
  const { kind, place, services } = parts;
  const { specs, options } = asked;
  const files = labFiles(place.dir);
  const www = join(place.dir, "www");
  await mkdir(www);
  const released = [...CATALOGUE, ...OFFERED, ...(options.released ?? []).map(packageSpec)];
  const [port, authorizedKey, sshPort] = await Promise.all([
    services.http(www),
    kind.makeIdentity(files),
    choosePort(services, place.number),
    kind.prepare(specs),
    kind.writeRepository(join(www, "released"), { packages: released, patches: [] }),
  ]);
  parts.url = `http://127.0.0.1:${port}/`;
  const addHost = async (spec: ResolvedSpec, i: number) => {
    const address = `127.77.${place.number}.${i + 1}`;
    const listen = { host: address, port: sshPort };
    const sshd = { host: address, port: SSHD_PORT };
    const dir = join(place.dir, "hosts", spec.name);
    const { machine, hostKey } = await kind.makeHost({
      ...{ spec, place, dir, sshd, authorizedKey },
      url: parts.url,
      releasedUrl: `${parts.url}released/`,
      observer: options.observers ?? true,
    });
    parts.machines.push(machine);
    parts.hosts[i] = new LabHost({ spec, dir, machine, services, listen, sshd, hostKey });
    await services.wire(spec.name, { listen, target: sshd });
    await machine.start();
  };
  // All of them settle before anything is put away: a host that starts late would be left behind.
  const results = await Promise.allSettled(specs.map(addHost));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  await writeClientFiles(files, { knownHosts: "filled", ...options, hosts: parts.hosts });
}

/** Port 22, unless some sshd already has it on all addresses; then a high one. */
async function choosePort(services: Services, lab: number): Promise<number> {
  for (const port of [22, 22022, 22122, 22222]) {
    const probe = { host: `127.77.${lab}.254`, port };
    try {
      await services.wire("port probe", { listen: probe, target: probe });
      await services.fault("port probe", { refuse: true });
      return port;
    } catch (error) {
      if (!["EADDRINUSE", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
  throw new Error("lab: no port is free for the hosts' SSH");
}
