/**
 * Builds the programs: one file each, beside the launchers that are linked into `node_modules/.bin`.
 * The clients get the command table of the registry built in, so that they load no schema.
 *
 *   node --conditions=mtui-source scripts/bundle.ts
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildCommandTable } from "@mtui/core/registry";
import { type BuildOptions, build } from "esbuild";
import { buildId } from "./generate/build-id.ts";
import { lazyBuiltins } from "./generate/lazy-builtins.ts";

const root = resolve(import.meta.dirname, "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const table = JSON.stringify(buildCommandTable(version));

const common: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node22.18",
  format: "esm",
  conditions: ["mtui-source"],
  define: { MTUI_BUILD: JSON.stringify(buildId(join(root, "packages"))) },
  sourcemap: false,
  // Half the bytes to read at each start; names stay, for traces.
  minifyWhitespace: true,
  minifySyntax: true,
  // Licence texts of what is bundled stay with it.
  legalComments: "eof",
  logLevel: "warning",
};

/** A client: its `main`, called with the table as data that is parsed when it is first needed. */
async function bundleClient(folder: string, outfile: string): Promise<void> {
  const dist = join(root, "packages", folder, "dist");
  mkdirSync(dist, { recursive: true });
  await build({
    ...common,
    plugins: [lazyBuiltins()],
    stdin: {
      contents: `import { main } from "./src/main.ts"; await main(JSON.parse(${JSON.stringify(table)}));`,
      resolveDir: join(root, "packages", folder),
      loader: "ts",
    },
    outfile: join(dist, outfile),
  });
}

async function bundleDaemon(): Promise<void> {
  const folder = join(root, "packages", "daemon");
  await build({
    ...common,
    entryPoints: [join(folder, "src", "main.ts")],
    outfile: join(folder, "dist", "mtuid.mjs"),
    // ssh2 finds its own files by `__dirname`; its native helper is optional.
    external: ["ssh2", "cpu-features"],
    // CommonJS packages inside an ESM file ask for `require`.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
}

await Promise.all([
  bundleClient("cli", "mtuictl.mjs"),
  bundleClient("mcp-shim", "mtui-mcp.mjs"),
  bundleDaemon(),
]);
writeFileSync(
  join(root, "packages", "cli", "dist", "commands.json"),
  `${JSON.stringify(JSON.parse(table), null, 2)}\n`,
);
