// Example notes for the screenshots. Nothing is random, so that two runs give the same images.
import type { Note } from '../../src/api/types'
import { makeNote } from './server'

const TRIP = `A long weekend by the sea. Train on Friday at **16:05**, back on Monday evening.

## Packing

- [x] Tickets, in the *outer* pocket
- [x] Rain coats
- [ ] Charger and the small torch
- [ ] Book for the train: [Invisible Cities](https://example.org/calvino)

## Costs

| What | Who | Amount |
| --- | :---: | ---: |
| Train | Mira | 128.40 |
| House | Jon | 310.00 |
| Food | all | 96.75 |

> The key is in the blue box beside the door. The code changes every week.

Opening the box from the command line of the owner's little server:

\`\`\`sh
curl -s https://box.example.org/open \\
  -d code="$CODE"
\`\`\`

Ask Ana about the \`spare key\` before we leave.
`

const TEXTS: [string, string, Partial<Note>?][] = [
  ['Weekend by the sea', TRIP, { pinned: true }],
  [
    'House rules for the workshop',
    'Switch off the dust extractor. Put the chisels back where you found them. Sharpen what you made blunt.',
    { pinned: true },
  ],
  [
    'Sourdough, third attempt',
    '75 % hydration, 12 h in the fridge. Better crumb, crust still too pale: five minutes longer without steam.',
  ],
  [
    'Meeting with the landlord',
    'Radiator in the hall, the window that does not close, and whether we may paint the kitchen.',
  ],
  ['', 'Call the library about the overdue books before Thursday, they close at five.'],
  ['Reading list', 'Calvino, Invisible Cities. Le Guin, The Dispossessed. Sebald, The Rings of Saturn.'],
  ['Bicycle', 'Chain at 0.75 % wear. New brake pads front. The bell came loose again on the cobblestones.'],
  ['Birthday ideas for Jon', 'A good lamp for the desk, the second volume, or a day at the climbing hall.'],
  ['Garden plan', 'Beans along the fence, tomatoes under the roof, courgettes only two this year.'],
  ['Questions for the optician', 'Progressive or two pairs? What about the screen at work?'],
  ['Router', 'Channel 11, the guest network is off on weekdays. Firmware was updated in March.'],
  ['Winter tyres', 'Stored at the garage in the second row, on Jon’s name. Swap before the frost.'],
]

const HOUR = 3_600_000

export function exampleNotes(now: Date): Note[] {
  return TEXTS.map(([title, body, more], index) => {
    const age = index === 0 ? 4 * 60_000 : index ** 2 * 5 * HOUR
    const time = new Date(now.getTime() - age).toISOString()
    const id = `0190f3a0-0000-7000-8000-0000000000${String(index + 10)}`
    return makeNote({ id, title, body, created_at: time, updated_at: time, ...more })
  })
}
