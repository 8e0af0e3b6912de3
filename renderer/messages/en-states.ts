/** The words for states in which something waits, is missing or is written elsewhere; see en.ts. */
export const enStates = {
  readOnly: {
    window: 'Another window writes this project',
    windowDetail:
      'It has done so since {time}. This window shows what is saved there; nothing can be changed here. Close the project there, then take it over.',
    process: 'Another program writes this project',
    processDetail:
      'Process {pid} on {host} has done so since {time}. This window shows what is saved there; nothing can be changed here. Close it there, then take it over.',
    unknown: 'This project cannot be written',
    unknownDetail: 'Its file may not be written, or another program holds it. Everything can be looked at.',
    refresh: 'Refresh',
    takeOver: 'Take over',
    trying: 'Taking over…',
    stillHeld: 'It is still open there. Close it there first, then take it over.',
    takenOver: 'This window writes the project now.',
    notTaken: 'The project was not taken over.',
    notRefreshed: 'The project was not read again.',
  },
  comeback: {
    title: 'The engine is back.',
    strokes: 'Nothing was lost. | The stroke that waited is saved. | The {n} strokes that waited are saved.',
    job: '“{title}” goes on after image {done}.',
  },
  diskFull: {
    title: 'The disk is full. Painting is paused.',
    saved:
      'All strokes before are saved. The last stroke is kept in this window only. | All strokes before are saved. The last {n} strokes are kept in this window only.',
    advice: 'Free some space on the disk that holds “{file}”, then try again. Nothing has to be painted anew.',
    still: 'The disk is still full.',
    again: 'Try again',
    trying: 'Trying…',
    later: 'Leave it paused',
    details: 'Details',
  },
  photos: {
    find: 'Find folder…',
    findTitle: 'Find the photos',
    findFolder: 'Folder to look in',
    findHint: 'Folders below it are searched too. Photos are known by their content, whatever their names are now.',
    findAction: 'Look for photos',
    finding: 'Looking for photos',
    found: 'No photo was found. | {n} photo was found. | {n} photos were found.',
    missing: 'All photos are there now. | {n} photo is still missing. | {n} photos are still missing.',
    noneFound: 'None of the missing photos is in this folder. Nothing was changed.',
  },
} as const
