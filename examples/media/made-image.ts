/** What the workflow `media` knows of one of its images: its thumbnail, or why there is none. */
export type MadeImage =
  | { readonly key: string; readonly width: number; readonly height: number }
  | { readonly index: number; readonly error: string; readonly cause: string };
