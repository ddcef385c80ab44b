import { makeIdentity } from "../files.ts";
import type { LabKind } from "../kind.ts";
import { writeRepository } from "../packages/repository.ts";
import { findSshd } from "../tools.ts";
import { bakedLayer } from "./layer.ts";
import { Machine } from "./machine.ts";
import { prepareHost } from "./prepare.ts";

/** OpenSSH, zypper and rpm in namespaces; needs root and the programs of `ensureLabTools`. */
export const REAL: LabKind = {
  kind: "real",
  differences: [
    "Hosts share this machine's kernel, clock and network; products and packages are invented and noarch.",
  ],
  writeRepository,
  makeIdentity,
  prepare: async (specs) => {
    // One after the other: a new layer keeps all cores busy by itself.
    for (const spec of specs) await bakedLayer(spec);
  },
  makeHost: async ({ spec, place, dir, sshd, authorizedKey, releasedUrl, observer }) => {
    const layer = await bakedLayer(spec);
    const { hostKey } = await prepareHost(dir, { layer, observer, spec, sshd, authorizedKey, releasedUrl });
    const machine = new Machine({
      name: spec.name,
      labDir: place.dir,
      dir,
      transactional: spec.transactional,
      sshd,
      sshdProgram: findSshd(),
    });
    return { machine, hostKey };
  },
};
