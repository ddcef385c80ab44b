export { oneLine, sanitise, sanitiseDeep } from "@mtui/core/text";
