// The little of htmx that we call. It stands before our script as a global.
declare const htmx: {
  ajax(verb: "GET", path: string, context: { target: string | Element; swap?: string; source?: string | Element }): Promise<void>;
};
