/** In ms: how long a client may take to send a request, and how long a connection may be idle. */
export const httpTimeouts = { requestTimeout: 60_000, keepAliveTimeout: 72_000 } as const;
