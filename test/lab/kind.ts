import type { LabFiles } from "./files.ts";
import type { HostMachine } from "./host/host-machine.ts";
import type { RepositoryWriter } from "./packages/repository.ts";
import type { Place } from "./place.ts";
import type { Endpoint } from "./services/protocol.ts";
import type { ResolvedSpec } from "./spec.ts";

/** What is asked for when one host is made. */
export interface HostOrder {
  spec: ResolvedSpec;
  place: Place;
  /** The host's own directory, not there yet. */
  dir: string;
  /** Where its SSH server is to listen. */
  sshd: Endpoint;
  authorizedKey: string;
  /** URLs of the repositories' root and of the released one, each with a trailing slash. */
  url: string;
  releasedUrl: string;
  observer: boolean;
}

/** What real and scripted labs do differently; the rest of a lab is the same. */
export interface LabKind {
  readonly kind: HostMachine["kind"];
  /** What is not as on a real refhost, one sentence each. */
  readonly differences: readonly string[];
  readonly writeRepository: RepositoryWriter;
  /** Make the tester's key; gives its public half. */
  makeIdentity(files: LabFiles): Promise<string>;
  /** Work that hosts share and that may take a while the first time. */
  prepare(specs: readonly ResolvedSpec[]): Promise<void>;
  makeHost(order: HostOrder): Promise<{ machine: HostMachine; hostKey: string }>;
}
