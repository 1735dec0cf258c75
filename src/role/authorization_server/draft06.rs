//! What only draft-06 has.

use crate::wire::codec::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
}
