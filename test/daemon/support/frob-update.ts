import { parseRrid, type TestReport } from "@mtui/core/domain";
import type { WorkflowContext } from "../../../packages/daemon/src/workflow/index.ts";
import { systemClock } from "@mtui/core/clock";
import { FakeHost } from "./fake-host.ts";

export const RELEASED = "http://repo.example.com/released";
export const TESTING = "http://repo.example.com/testing";
export const OLD = "2.4.0-1";
export const NEW = "2.4.1-150600.3.6.1";
export const ALIAS = "issue-SLES:15-SP6:p=31337:298765";

const rrid = parseRrid("SUSE:Maintenance:31337:298765");

/** An update of two packages for SLES 15-SP6, and the same for SL-Micro 6.1. */
export function frobReport(): TestReport {
  const packages = { frobnicate: NEW, libfrob3: NEW };
  return {
    rrid,
    packages: { "15-SP6": packages, "6.1": packages },
    testplatforms: [],
    products: [],
    repositories: [
      { product: { name: "SLES", version: "15-SP6", arch: "x86_64" }, url: TESTING },
      { product: { name: "SL-Micro", version: "6.1", arch: "x86_64" }, url: TESTING },
    ],
    repositoryUrls: [],
    hosts: [],
    bugs: {},
    jira: {},
    category: null,
    rating: null,
    packager: null,
    repository: null,
    realId: null,
    giteaPr: null,
    giteaPrApi: null,
    giteaCommitHash: null,
    warnings: [],
  };
}

export function frobHost(
  name: string,
  options: Partial<ConstructorParameters<typeof FakeHost>[0]> = {},
): FakeHost {
  return new FakeHost({
    name,
    repositories: { base: { url: RELEASED } },
    network: {
      [RELEASED]: { offers: { frobnicate: OLD, libfrob3: OLD } },
      [TESTING]: { offers: { frobnicate: NEW, libfrob3: NEW }, patch: "SUSE-2099-1" },
    },
    ...options,
  });
}

export function frobContext(overrides: Partial<WorkflowContext> = {}): WorkflowContext {
  return {
    report: frobReport(),
    rrid,
    workspace: "default",
    signal: new AbortController().signal,
    clock: systemClock,
    ...overrides,
  };
}
