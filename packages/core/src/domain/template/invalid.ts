import { MtuiError } from "../../protocol/errors.ts";

/** The files of a template that are read here, by their names in its directory. */
export type TemplateFile = "log" | "metadata.json" | "project.xml" | "patchinfo.xml";

/** A template that cannot be used; `where` is the file and, if one is at fault, the key in it. */
export function templateInvalid(
  where: { file: TemplateFile; key?: string },
  why: string,
  cause?: unknown,
): MtuiError {
  const place = where.key === undefined ? where.file : `${where.file}: ${where.key}`;
  return new MtuiError("template.invalid", `The template cannot be used: ${place} ${why}.`, {
    hint: `Correct ${where.file} in the template's directory, or remove the directory and load the template again.`,
    data: { ...where },
    cause,
  });
}

/** Characters that each file may have. */
export const TEMPLATE_LIMITS = {
  log: 16 * 1024 * 1024,
  "metadata.json": 4 * 1024 * 1024,
  "project.xml": 4 * 1024 * 1024,
  "patchinfo.xml": 4 * 1024 * 1024,
} as const satisfies Record<TemplateFile, number>;

/** @throws MtuiError template.invalid */
export function checkSize(file: TemplateFile, text: string): void {
  const limit = TEMPLATE_LIMITS[file];
  if (text.length > limit) throw templateInvalid({ file }, `is longer than ${limit} characters`);
}
