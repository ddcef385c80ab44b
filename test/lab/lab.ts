import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ClientFileOptions,
  type LabFiles,
  knownHostsLine,
  labFiles,
  makeIdentity,
  writeClientFiles,
} from "./files.ts";
import { LabHost } from "./host/lab-host.ts";
import { bakedLayer } from "./host/layer.ts";
import { Machine } from "./host/machine.ts";
import { prepareHost } from "./host/prepare.ts";
import { CATALOGUE, OFFERED } from "./packages/catalogue.ts";
import { writeRepository } from "./packages/repository.ts";
import { buildRpms } from "./packages/rpm.ts";
import { type PackageLike, packageSpec } from "./packages/spec.ts";
import { type Place, recordProcess, removePlace, SSHD_PORT, takePlace } from "./place.ts";
import { Services } from "./services/client.ts";
import type { Endpoint } from "./services/protocol.ts";
import { onEndOfProcess } from "./signals.ts";
import { type HostSpec, type ResolvedSpec, resolveSpecs } from "./spec.ts";
import { findSshd } from "./tools.ts";
import { makeUpdate } from "./update/make-update.ts";
import type { MadeUpdate, UpdateSpec } from "./update/update-spec.ts";

export interface LabOptions extends Partial<ClientFileOptions> {
  /** What hosts there are; a number asks for that many of SLES 15-SP6 and 15-SP7 in turn. */
  hosts: readonly HostSpec[] | number;
  /** Packages that the released repository offers beside those of the catalogue. */
  released?: readonly PackageLike[];
  /** Without them hosts do nothing but their own work, as in a measurement. @default true */
  observers?: boolean;
}

/** Hosts, their network, their repositories and the files of a client; all gone after disposal. */
export class Lab {
  readonly kind = "real" as const;
  /** What is not as on a real refhost, one sentence each. */
  readonly differences: readonly string[] = [
    "Hosts share kernel and network of this machine; package and product names are invented.",
  ];
  readonly dir: string;
  readonly number: number;
  readonly files: LabFiles;
  readonly hosts: readonly LabHost[];
  /** Root of the repositories, with a trailing slash. */
  readonly url: string;
  readonly #parts: LabParts;

  constructor(parts: LabParts) {
    this.#parts = parts;
    this.dir = parts.place.dir;
    this.number = parts.place.number;
    this.files = labFiles(parts.place.dir);
    this.hosts = parts.hosts;
    this.url = parts.url;
  }

  /** The host of that name; throws if there is none. */
  host(name: string): LabHost {
    const found = this.hosts.find((host) => host.name === name);
    if (found === undefined) throw new Error(`lab: no host ${name}`);
    return found;
  }

  /** Build packages, repositories and the template directory of one update request. */
  makeUpdate(spec: UpdateSpec): Promise<MadeUpdate> {
    return makeUpdate(spec, {
      www: join(this.dir, "www"),
      url: this.url,
      templateDir: this.files.templateDir,
      hosts: this.hosts.map((host) => host.spec),
    });
  }

  /** Write the hosts' present keys into the client's known_hosts, over whatever is there. */
  async trust(): Promise<void> {
    await writeFile(this.files.knownHosts, this.hosts.map(knownHostsLine).join(""), { mode: 0o600 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.forgetSignals();
    await endParts(this.#parts);
  }
}

interface LabParts {
  place: Place;
  services: Services;
  machines: Machine[];
  hosts: LabHost[];
  url: string;
  forgetSignals: () => void;
}

/** Start a lab of real hosts. Needs root and the programs of `ensureLabTools`. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const specs = resolveSpecs(options.hosts);
  if (specs.length > 250) throw new Error("lab: at most 250 hosts");
  const place = await takePlace();
  const services = new Services();
  const machines: Machine[] = [];
  const forgetSignals = onEndOfProcess(() => {
    for (const machine of machines) machine.close();
    services.killNow();
    removePlace(place.dir);
  });
  const parts: LabParts = { place, services, machines, hosts: [], url: "", forgetSignals };
  try {
    if (services.pid !== undefined) recordProcess(place.dir, services.pid);
    const files = labFiles(place.dir);
    await mkdir(join(place.dir, "www"));
    const [port, authorizedKey, layers] = await Promise.all([
      services.http(join(place.dir, "www")),
      makeIdentity(files),
      bakeLayers(specs),
      writeReleased(join(place.dir, "www/released"), options.released ?? []),
    ]);
    parts.url = `http://127.0.0.1:${port}/`;
    const sshPort = await choosePort(services, place);
    const sshdProgram = findSshd();
    await Promise.all(
      specs.map(async (spec, i) => {
        const address = `127.77.${place.number}.${i + 1}`;
        const listen = { host: address, port: sshPort };
        const sshd = { host: address, port: SSHD_PORT };
        const dir = join(place.dir, "hosts", spec.name);
        const { hostKey } = await prepareHost(dir, {
          layer: layers[i] ?? "",
          observer: options.observers ?? true,
          spec,
          sshd,
          authorizedKey,
          releasedUrl: `${parts.url}released/`,
        });
        const machine = new Machine({
          name: spec.name,
          labDir: place.dir,
          dir,
          transactional: spec.transactional,
          sshd,
          sshdProgram,
        });
        machines.push(machine);
        parts.hosts[i] = new LabHost({ spec, dir, machine, services, listen, sshd, hostKey });
        await services.wire(spec.name, { listen, target: sshd });
        await machine.start();
      }),
    );
    await writeClientFiles(files, { knownHosts: "filled", ...options, hosts: parts.hosts });
    return new Lab(parts);
  } catch (error) {
    forgetSignals();
    await endParts(parts);
    throw error;
  }
}

async function endParts(parts: LabParts): Promise<void> {
  for (const machine of parts.machines) machine.close();
  await Promise.all(parts.machines.map((machine) => machine.stop()));
  await parts.services[Symbol.asyncDispose]();
  removePlace(parts.place.dir);
}

/** One layer for each kind of host, one after the other where they are new. */
async function bakeLayers(specs: readonly ResolvedSpec[]): Promise<string[]> {
  const made = new Map<string, Promise<string>>();
  const layers: string[] = [];
  for (const spec of specs) {
    const kind = JSON.stringify({ ...spec, name: "", sshd: [] });
    const layer = made.get(kind) ?? bakedLayer(spec);
    made.set(kind, layer);
    layers.push(await layer);
  }
  return layers;
}

async function writeReleased(dir: string, more: readonly PackageLike[]): Promise<void> {
  await writeRepository(dir, {
    rpms: await buildRpms([...CATALOGUE, ...OFFERED, ...more.map(packageSpec)]),
  });
}

/** Port 22, unless some sshd already has it on all addresses; then a high one. */
async function choosePort(services: Services, place: Place): Promise<number> {
  for (const port of [22, 22022, 22122, 22222]) {
    const probe: Endpoint = { host: `127.77.${place.number}.254`, port };
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
