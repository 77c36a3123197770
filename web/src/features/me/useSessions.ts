// Owns the list of open sign-ins. Refuses to end the one in use: that is signing out.
import { endSession, listSessions } from './api'
import { useOwnList } from './useOwnList'

export const useSessions = () => useOwnList({ list: listSessions, remove: endSession })
