package types

// The module's events. Each names the seqnum that it belongs to.
const (
	EventCall         = "headstart_call"
	EventRun          = "headstart_run"
	EventSettled      = "headstart_settled" // seqnum: of the call that was pending
	EventOutput       = "headstart_output"  // that no handler takes
	EventOutputFailed = "headstart_output_failed"
	EventKernel       = "headstart_kernel" // what the kernel tells, as JSON

	AttributeSeqnum    = "seqnum"
	AttributeHash      = "hash"
	AttributeVat       = "vat"
	AttributeMethod    = "method"
	AttributeSender    = "sender"
	AttributeStatus    = "status"
	AttributeValue     = "value"
	AttributeTicks     = "ticks"
	AttributeIndex     = "index"
	AttributeType      = "type"
	AttributeOutput    = "output"
	AttributeEvent     = "event"
	AttributeSize      = "size"
	AttributeDigest    = "sha256"
	AttributeCodespace = "codespace"
	AttributeCode      = "code"
)
