import type { PackageSpec } from "./spec.ts";

/**
 * What every host of the lab has installed, and what the released repository offers. The versions are
 * below all that an update would bring, whatever product it is for.
 */
export const CATALOGUE: readonly PackageSpec[] = [
  "frobnicate",
  "libfrob3",
  "widgetd",
  "libwidget5",
  "gizmo",
  "gizmo-tools",
  "sprocket",
].map((name) => ({ name, version: "1.0.0-1.1" }));

/** Offered by the released repository and installed nowhere. */
export const OFFERED: readonly PackageSpec[] = [{ name: "frobnicate-plugins", version: "1.0.0-1.1" }];

/** Stands for the system below: without it no package with a scriptlet could be installed. */
export const BASE_PACKAGE: PackageSpec = {
  name: "lab-base",
  version: "1-1",
  provides: ["/bin/sh", "/bin/bash", "glibc = 2.38", "filesystem", "bash", "coreutils"],
};
