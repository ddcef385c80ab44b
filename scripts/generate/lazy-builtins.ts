import { createRequire, isBuiltin } from "node:module";
import type { Plugin } from "esbuild";

/**
 * Modules of Node are fetched when the module that imports them first runs, and without the ESM
 * façade. An `import` in one bundled file would load them all at the start, and the façade of
 * `node:process` alone opens the three standard streams: together more than a third of the time of a
 * short command. A default import is fetched even later, when something of it is used.
 */
export function lazyBuiltins(): Plugin {
  return {
    name: "lazy-builtins",
    setup(build) {
      build.onResolve({ filter: /^(?:node:)?[a-z_/]+$/ }, ({ path, kind }) => {
        if (!isBuiltin(path)) return undefined;
        const namespace = kind === "require-call" ? "builtin-cjs" : "builtin-esm";
        return { path: path.replace(/^node:/, ""), namespace };
      });
      build.onLoad({ filter: /.*/, namespace: "builtin-cjs" }, ({ path }) => ({
        contents: `module.exports = ${fetched(path)};`,
        loader: "js",
      }));
      build.onLoad({ filter: /.*/, namespace: "builtin-esm" }, ({ path }) => ({
        contents: asModule(path),
        loader: "js",
      }));
    },
  };
}

function fetched(path: string): string {
  return path === "process" ? "process" : `process.getBuiltinModule(${JSON.stringify(path)})`;
}

/** Every name is an export of its own, marked as droppable: only those that are used are fetched. */
function asModule(path: string): string {
  const names = Object.keys(createRequire(import.meta.url)(`node:${path}`)).filter(
    (name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== "default",
  );
  return [
    `const fetch = () => ${fetched(path)};`,
    "const pick = (name) => fetch()[name];",
    "export default /* @__PURE__ */ new Proxy({}, { get: (_, name) => fetch()[name] });",
    ...names.map(
      (name) => `const $${name} = /* @__PURE__ */ pick("${name}"); export { $${name} as ${name} };`,
    ),
  ].join("\n");
}
