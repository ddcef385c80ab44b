import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type LabFiles, knownHostsLine, labFiles } from "./files.ts";
import type { HostMachine } from "./host/host-machine.ts";
import type { LabHost } from "./host/lab-host.ts";
import type { LabKind } from "./kind.ts";
import { type Place, removePlace } from "./place.ts";
import type { Services } from "./services/client.ts";
import { makeUpdate } from "./update/make-update.ts";
import type { MadeUpdate, UpdateSpec } from "./update/update-spec.ts";

/** Everything that a lab has to put away; grows while it starts. */
export interface LabParts {
  kind: LabKind;
  place: Place;
  services: Services;
  machines: HostMachine[];
  hosts: LabHost[];
  /** Root of the repositories, with a trailing slash. */
  url: string;
  forgetSignals: () => void;
}

/** Hosts, their network, their repositories and the files of a client; all gone after disposal. */
export class Lab {
  readonly #parts: LabParts;
  readonly dir: string;
  readonly number: number;
  readonly files: LabFiles;
  readonly hosts: readonly LabHost[];
  /** Root of the repositories, with a trailing slash. */
  readonly url: string;

  constructor(parts: LabParts) {
    this.#parts = parts;
    this.dir = parts.place.dir;
    this.number = parts.place.number;
    this.files = labFiles(parts.place.dir);
    this.hosts = parts.hosts;
    this.url = parts.url;
  }

  get kind(): LabKind["kind"] {
    return this.#parts.kind.kind;
  }

  /** What is not as on a real refhost, one sentence each. */
  get differences(): readonly string[] {
    return this.#parts.kind.differences;
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
      writeRepository: this.#parts.kind.writeRepository,
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

/** Put away what there is, whether or not the lab ever came up. */
export async function endParts(parts: LabParts): Promise<void> {
  for (const machine of parts.machines) machine.close();
  await Promise.all(parts.machines.map((machine) => machine.stop()));
  await parts.services[Symbol.asyncDispose]();
  removePlace(parts.place.dir);
}
