import { z } from "zod";
import { allParam, defineOperation } from "./operation.ts";
import { hostView } from "./shapes.ts";

export const loadedReport = z.object({
  workspace: z.string(),
  rrid: z.string(),
  path: z.string(),
  products: z.array(z.string()),
  testplatforms: z.array(z.string()),
  packages: z.record(z.string(), z.record(z.string(), z.string())),
  repositories: z.array(
    z.object({ product: z.string(), version: z.string(), arch: z.string(), url: z.string() }),
  ),
  metadata: z.array(z.object({ name: z.string(), value: z.string() })),
  warnings: z.array(z.string()),
});

export const workspaceView = z.object({
  workspace: z.string(),
  state: z.enum(["empty", "loaded", "closing"]),
  rrid: z.string().nullable(),
  hosts: z.array(z.string()),
  jobs: z.array(z.string()).describe("active jobs"),
  lease_until: z.number().nullable(),
});

export const workspaceOperations = [
  defineOperation({
    name: "load_template",
    summary: "Load the test report of a request into the workspace; connects no host",
    scope: "workspace",
    effect: "change",
    params: {
      auto_review_id: z.string().describe("the RRID, e.g. SUSE:Maintenance:31337:298765"),
      replace: z.boolean().default(false).describe("put it in the place of another loaded report"),
    },
    result: loadedReport,
    cli: { positionals: ["auto_review_id"] },
  }),
  defineOperation({
    name: "list_metadata",
    summary: "What the loaded report says of itself",
    scope: "workspace",
    effect: "read",
    result: loadedReport,
  }),
  defineOperation({
    name: "list_workspaces",
    summary: "All workspaces with their report, hosts and active jobs",
    scope: "daemon",
    effect: "read",
    params: allParam,
    result: z.object({
      workspaces: z.array(workspaceView),
      others: z.number().int().optional().describe("of other namespaces, left out"),
    }),
  }),
  defineOperation({
    name: "close_workspace",
    summary: "Release the workspace's hosts and locks, and forget its report",
    scope: "workspace",
    effect: "control",
    params: { force: z.boolean().default(false).describe("cancel its active jobs first") },
    result: z.object({
      workspace: z.string(),
      released: z.array(z.string()),
      unreleased: z.array(z.object({ host: z.string(), reason: z.string() })),
      cancelled_jobs: z.array(z.string()),
    }),
    cli: { positionals: ["workspace"] },
  }),
  defineOperation({
    name: "list_hosts",
    summary: "The workspace's hosts",
    scope: "workspace",
    effect: "read",
    result: z.object({ hosts: z.array(hostView) }),
  }),
  defineOperation({
    name: "list_products",
    summary: "Products installed on the workspace's hosts",
    scope: "workspace",
    effect: "read",
    params: {
      hosts: z.array(z.string()).default([]).describe("only these hosts; default: all of the workspace"),
    },
    result: z.object({
      hosts: z.array(
        z.object({
          host: z.string(),
          base: z.object({ name: z.string(), version: z.string(), arch: z.string() }),
          addons: z.array(z.object({ name: z.string(), version: z.string(), arch: z.string() })),
        }),
      ),
    }),
    cli: { short: { hosts: "t" }, long: { hosts: "target" } },
  }),
] as const;
