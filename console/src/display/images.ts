/** How the base64 of the image formats that browsers show begins. */
const BEGINNINGS: readonly [string, string][] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
];

const DATA_URL = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$/;

const BASE64 = /^[A-Za-z0-9+/]{20,}={0,2}$/;

export interface FoundImage {
  /** Where it was found. */
  readonly name: string;
  readonly url: string;
}

/** Finds the images in a value: texts that are one in base64, by themselves, in a list or in a field. */
export function imagesIn(value: unknown, name = 'image', depth = 0): readonly FoundImage[] {
  if (typeof value === 'string') {
    const url = urlOf(value);
    return url === undefined ? [] : [{ name, url }];
  }
  if (typeof value !== 'object' || value === null || depth > 3) return [];
  return Object.entries(value).flatMap(([key, item]) => imagesIn(item, key, depth + 1));
}

function urlOf(text: string): string | undefined {
  if (DATA_URL.test(text)) return text;
  const type = BEGINNINGS.find(([beginning]) => text.startsWith(beginning))?.[1];
  return type !== undefined && BASE64.test(text) ? `data:${type};base64,${text}` : undefined;
}
