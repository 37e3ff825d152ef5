/** What the output with the API's address says it is: by this the command line finds it in a stack. */
export const API_URL_DESCRIPTION = 'Address of the Task Mode API';
