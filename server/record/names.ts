/** The global object that inserted code reports to; recorder.ts makes it. */
export const recorderName = '__deepmakerRecorder';
