package trapframe.diagnose.why;

/** What pages with a picture have in common: the picture's id is {@code picture}. */
public final class Picture {
    /** The wheel zooms, dragging moves, and a double click goes back. */
    public static final String SCRIPT = """
            const s=document.getElementById('picture');if(s){const b=s.viewBox.baseVal,w=[b.x,b.y,b.width,b.height];
            const p=e=>{const r=s.getBoundingClientRect();return[(e.clientX-r.left)/r.width,(e.clientY-r.top)/r.height]};
            s.addEventListener('wheel',e=>{e.preventDefault();const f=e.deltaY<0?.8:1.25,[x,y]=p(e);b.x+=b.width*(1-f)*x;b.y+=b.height*(1-f)*y;
            b.width*=f;b.height*=f},{passive:false});let d=null;s.addEventListener('pointerdown',e=>d=p(e));
            s.addEventListener('pointermove',e=>{if(d){const q=p(e);b.x-=(q[0]-d[0])*b.width;b.y-=(q[1]-d[1])*b.height;d=q}});
            addEventListener('pointerup',()=>d=null);s.addEventListener('dblclick',()=>[b.x,b.y,b.width,b.height]=w)}
            """;

    private Picture() { }

    /** Text for a page. */
    public static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
