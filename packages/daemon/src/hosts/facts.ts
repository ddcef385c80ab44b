import {
  type HostFacts,
  OLD_RED_HAT,
  parseOsRelease,
  parseProdFile,
  type ProductId,
  releaseKey,
  syntheticAddons,
  systemText,
} from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { HostLink } from "./host-link.ts";
import { type Section, sections } from "./sections.ts";

/** What one look at a host tells. */
export interface HostLook {
  readonly facts: HostFacts;
  readonly bootId: string | null;
  /** Seconds since the epoch by the host's clock. */
  readonly clock: number;
  readonly hasFlock: boolean;
  /** Product files that could not be used. */
  readonly warnings: string[];
}

const FILE_LIMIT = 64 * 1024;
/** Keeps the whole answer below what a control shell may return. */
const MAX_PRODUCTS = 200;

const SCRIPT = `b=-; read -r b </proc/sys/kernel/random/boot_id; s boot "$b"
s clock "$(date +%s)"
if command -v flock >/dev/null && command -v od >/dev/null; then s flock yes; fi
P=/etc/products.d
if [ -d $P ]; then
s suse
if [ -L $P/baseproduct ]; then s base "$(readlink $P/baseproduct)"; fi
i=0
for f in $P/*.prod; do
case $f in */qa.prod|*'
'*) continue ;; esac
[ -f "$f" ] || continue
i=$((i+1)); [ $i -le ${MAX_PRODUCTS} ] || break
s prod "\${f##*/}"; head -c ${FILE_LIMIT} "$f" || s unreadable "\${f##*/}"
done
if [ -r /usr/etc/transactional-update.conf ] || [ -r /etc/transactional-update.conf ]; then s transactional; fi
elif [ -e /etc/os-release ]; then s release; head -c ${FILE_LIMIT} /etc/os-release
fi
s done`;

/**
 * Products, boot id and clock in one round trip (docs/formats/products.md).
 * @throws MtuiError host.lost, host.unsupported when the base product cannot be read.
 */
export async function lookAtHost(link: HostLink, options: { timeoutMs?: number } = {}): Promise<HostLook> {
  const parts = sections();
  const { output } = await link.control(`${parts.definition}\n${SCRIPT}`, options);
  return interpretLook(parts.parse(output), link.target.name);
}

/** @throws MtuiError host.unsupported */
export function interpretLook(found: readonly Section[], hostName: string): HostLook {
  const one = (word: string): Section | undefined => found.find((each) => titled(each, word));
  if (one("done") === undefined) throw unsupported(hostName, "it did not say all that was asked");
  const warnings: string[] = [];
  const boot = one("boot")?.title.slice(5) ?? "";
  return {
    facts:
      one("suse") === undefined ? otherSystem(one("release")) : suseSystem(found, { hostName, warnings }),
    bootId: /^[0-9a-f-]{36}$/.test(boot) ? boot : null,
    clock: Number(one("clock")?.title.slice(6)),
    hasFlock: one("flock") !== undefined,
    warnings,
  };
}

function titled(section: Section, word: string): boolean {
  return section.title === word || section.title.startsWith(`${word} `);
}

function suseSystem(found: readonly Section[], context: { hostName: string; warnings: string[] }): HostFacts {
  const link = found.find((each) => titled(each, "base"))?.title.slice(5) ?? "";
  const baseName = link.slice(link.lastIndexOf("/") + 1);
  const unreadable = new Set(
    found.filter((each) => titled(each, "unreadable")).map((each) => each.title.slice(11)),
  );
  const files = found.filter((each) => titled(each, "prod") && !unreadable.has(each.title.slice(5)));
  const baseFile = files.find((each) => each.title.slice(5) === baseName);
  const base = baseFile === undefined ? guessedBase(baseName) : parseBase(baseFile, context.hostName);
  const addons = files.filter((each) => each !== baseFile).flatMap((each) => parseAddon(each, context));
  const all = [
    ...addons,
    ...syntheticAddons(base).filter((each) => !addons.some((has) => has.name === each.name)),
  ];
  const transactional = found.some((each) => titled(each, "transactional"));
  return factsOf(base, { addons: all, transactional, dangling: baseFile === undefined });
}

/** The link says what it should be; the file that would say more is not there. */
function guessedBase(baseName: string): ProductId {
  const name = baseName.replace(/\.prod$/, "").replaceAll(/[^A-Za-z0-9._-]/g, "");
  return { name: name === "" ? "unknown" : name.slice(0, 128), version: "", arch: "" };
}

function parseBase(file: Section, hostName: string): ProductId {
  try {
    return parseProdFile(file.body.toString("utf8"));
  } catch (error) {
    throw unsupported(hostName, `its base product ${file.title.slice(5)} cannot be read`, error);
  }
}

function parseAddon(file: Section, context: { hostName: string; warnings: string[] }): ProductId[] {
  try {
    return [parseProdFile(file.body.toString("utf8"))];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.warnings.push(`${context.hostName}: ${file.title.slice(5, 100)} is left out: ${reason}`);
    return [];
  }
}

function otherSystem(release: Section | undefined): HostFacts {
  const base = release === undefined ? OLD_RED_HAT : parseOsRelease(release.body.toString("utf8"));
  return factsOf(base, { addons: [], transactional: false, dangling: false });
}

function factsOf(
  base: ProductId,
  rest: { addons: ProductId[]; transactional: boolean; dangling: boolean },
): HostFacts {
  return {
    base,
    ...rest,
    system: systemText(base, rest.addons),
    release: releaseKey(base, rest.transactional),
  };
}

function unsupported(hostName: string, why: string, cause?: unknown): MtuiError {
  return new MtuiError("host.unsupported", `${hostName} cannot be used: ${why}.`, {
    hint: `Look at its products: ssh root@${hostName} ls -l /etc/products.d`,
    data: { host: hostName },
    cause,
  });
}
