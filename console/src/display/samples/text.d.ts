/** Files that Vite gives as their text: known to whoever checks the types of what uses them, without all of Vite's. */
declare module '*.txt?raw' {
  const text: string;
  export default text;
}
