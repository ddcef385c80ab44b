/**
 * Builds the programs: one file each, beside the launchers that are linked into `node_modules/.bin`.
 * The clients get the command table of the registry built in, so that they load no schema.
 *
 *   node --conditions=mtui-source scripts/bundle.ts
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { buildCommandTable, buildToolTable } from "@mtui/core/registry";
import { type BuildOptions, build } from "esbuild";
import { buildId } from "./generate/build-id.ts";
import { lazyBuiltins } from "./generate/lazy-builtins.ts";
import { licences } from "./generate/licences.ts";

const root = resolve(import.meta.dirname, "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const table = JSON.stringify(buildCommandTable(version));
/** Only tools promise what they answer. */
const toolTable = JSON.stringify(buildToolTable(version));

const common = {
  bundle: true,
  write: false,
  metafile: true,
  absWorkingDir: root,
  platform: "node",
  target: "node22.18",
  format: "esm",
  conditions: ["mtui-source"],
  define: { MTUI_BUILD: JSON.stringify(buildId(join(root, "packages"))) },
  sourcemap: false,
  legalComments: "none",
  logLevel: "warning",
} as const satisfies BuildOptions;

/** A client: its `main`, called with the table as data. */
function bundleClient(folder: string, { outfile, data }: { outfile: string; data: string }): Promise<void> {
  return bundle({
    plugins: [lazyBuiltins()],
    stdin: {
      contents: `import { main } from "./src/main.ts"; await main(JSON.parse(${JSON.stringify(data)}));`,
      resolveDir: join(root, "packages", folder),
      loader: "ts",
    },
    // Half the bytes to read at each start; names stay, for traces.
    minifyWhitespace: true,
    minifySyntax: true,
    outfile: join(root, "packages", folder, "dist", outfile),
  });
}

function bundleDaemon(): Promise<void> {
  const folder = join(root, "packages", "daemon");
  return bundle({
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

async function bundle(options: BuildOptions & { outfile: string }): Promise<void> {
  const { outputFiles, metafile } = await build({ ...options, ...common });
  for (const { path, contents } of outputFiles) put(path, contents);
  put(`${options.outfile}.licences.txt`, licences(metafile, root));
}

/** Whole or not at all: a program may be started while it is built anew. */
function put(path: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

await Promise.all([
  bundleClient("cli", { outfile: "mtuictl.mjs", data: table }),
  bundleClient("mcp-shim", { outfile: "mtui-mcp.mjs", data: toolTable }),
  bundleDaemon(),
]);
put(
  join(root, "packages", "cli", "dist", "commands.json"),
  `${JSON.stringify(JSON.parse(table), null, 2)}\n`,
);
