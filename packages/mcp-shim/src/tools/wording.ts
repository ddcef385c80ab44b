import type { OperationEntry } from "@mtui/core/protocol";

/** `--pool` of a command line is `pool=true` of a tool; what is no parameter here (zypper's own options) stays. */
export function inToolWords(text: string, entry: OperationEntry): string {
  return text.replaceAll(/--([a-z][a-z_-]*)/g, (flag, name: string) => {
    const param = name.replaceAll("-", "_");
    const schema = entry.params.properties[param];
    if (schema === undefined) return flag;
    return schema.type === "boolean" ? `${param}=true` : param;
  });
}

export function describe(entry: OperationEntry): string {
  return `${inToolWords(entry.summary, entry)}.${entry.slow ? " Slow." : ""}`;
}
