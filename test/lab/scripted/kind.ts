import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import ssh2 from "ssh2";
import type { LabKind } from "../kind.ts";
import { ScriptedMachine } from "./machine.ts";
import { prepareScripted } from "./prepare.ts";
import { writeScriptedRepository } from "./repository.ts";

/** Root gives its rights up for commands of scripted hosts; this is `nobody` everywhere. */
const NOBODY = 65534;

/** For machines where no real host can be had: any Linux with bash and flock, root or not. */
export const SCRIPTED: LabKind = {
  kind: "scripted",
  differences: [
    "Hosts are directories behind small SSH servers, not systems: zypper and rpm are scripts that know the calls of one validation.",
    "Their commands run on this machine, as an ordinary user; hosts cannot reboot, and have no SL Micro.",
    "Who held which host is recorded by those servers and not by the kernel of a host.",
  ],
  writeRepository: writeScriptedRepository,
  makeIdentity: async (files) => {
    const keys = ssh2.utils.generateKeyPairSync("ed25519", { comment: "lab" });
    await writeFile(files.identity, keys.private, { mode: 0o600 });
    return keys.public;
  },
  prepare: async () => {},
  makeHost: async ({ spec, place, dir, sshd, authorizedKey, url, releasedUrl }) => {
    if (spec.transactional) throw new Error(`lab: ${spec.name} would need a real host`);
    const user = process.getuid?.() === 0 ? NOBODY : null;
    const keys = ssh2.utils.generateKeyPairSync("ed25519");
    const { root, share } = await prepareScripted(dir, { spec, releasedUrl, user });
    const machine = new ScriptedMachine(share, {
      root,
      events: join(share, "events"),
      listen: sshd,
      hostKey: keys.private,
      authorizedKey,
      user,
      env: { MTUI_LAB_WWW: join(place.dir, "www"), MTUI_LAB_URL: url, LANG: "C.UTF-8" },
    });
    return { machine, hostKey: keys.public.trim() };
  },
};
