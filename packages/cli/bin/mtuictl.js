#!/usr/bin/env node
import * as module from "node:module";

const [major, minor] = process.versions.node.split(".").map(Number);
// As "engines" of package.json says.
if (major > 24 || (major === 24 && minor >= 11) || (major === 22 && minor >= 18)) {
  // Never the shared default in /tmp, where others could put code for us.
  const cache = process.env.XDG_CACHE_HOME || `${process.env.HOME}/.cache`;
  if (cache.startsWith("/")) module.enableCompileCache(`${cache}/mtui/compile`);
  const bundle = new URL("../dist/mtuictl.mjs", import.meta.url).href;
  await import(bundle).catch(async (error) => (await import("@mtui/core/launch")).explain(error, bundle));
} else {
  (await import("@mtui/core/launch")).relaunch(import.meta.url);
}
