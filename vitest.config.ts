import { defineConfig } from "vitest/config";

const conditions = ["mtui-source", "node", "import", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    execArgv: ["--conditions=mtui-source"],
    pool: "forks",
    passWithNoTests: false,
    reporters: ["default", "./test/support/closing-line.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/{core,daemon,cli,mcp-shim,conformance,pins,regression,simulation}/**/*.test.ts"],
          // A machine that does other work as well is slow, and not wrong.
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: "lab",
          include: ["test/{lab,e2e,interop}/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Two files at a time: they mostly wait, and each has a lab of its own.
          maxWorkers: 2,
        },
      },
    ],
  },
});
