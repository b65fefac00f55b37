//! SCCP phones at a whole exchange, message by message.

mod stations {
    mod bench;
    mod calls;
    mod desks;
    mod features;
    mod firmware;
    mod keys;
    mod noise;
    mod registration;
}
