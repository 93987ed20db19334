package headstart

// FramesWaiting is what has come for the delivery under way and was not looked at.
func FramesWaiting(c *Client) int {
	cn := c.current.Load()
	if cn == nil {
		return 0
	}
	r := cn.delivering()
	if r == nil {
		return 0
	}
	return len(r.frames)
}
