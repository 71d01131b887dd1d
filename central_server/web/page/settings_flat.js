// A job's settings as dotted names with their values, and which of them differ between jobs. Pure.

export function flatSettings(spec, prefix = "") {
  const flat = {};
  for (const [key, value] of Object.entries(spec ?? {})) {
    const name = prefix + key;
    const isInner = value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length && key !== "model";
    if (isInner) Object.assign(flat, flatSettings(value, `${name}.`));
    else flat[name] = value;
  }
  return flat;
}

export function settingText(value) {
  if (value === undefined || value === null) return "–";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = JSON.stringify(value);
  return text === "{}" || text === "[]" ? "none" : text;
}

/** `[{name, values, differs}]`, in the order in which the names are first met. */
export function comparedSettings(specs) {
  const flats = specs.map((spec) => flatSettings(spec));
  const names = [...new Set(flats.flatMap((flat) => Object.keys(flat)))];
  return names.map((name) => {
    const values = flats.map((flat) => flat[name]);
    return { name, values, differs: new Set(values.map((value) => JSON.stringify(value))).size > 1 };
  });
}
