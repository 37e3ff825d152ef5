/** The user's task function: the bundler puts its entry file in this place. */
declare module '@task-mode/user-handler' {
  export const handler: unknown;
}
