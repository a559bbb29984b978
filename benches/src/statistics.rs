//! The statistics of an HAProxy.

use std::fmt::Write as _;

use csv::{ByteRecord, ReaderBuilder};

use crate::Seed;

/// Servers of one backend.
const SERVERS_PER_BACKEND: usize = 20;

/// What HAProxy 2.6 answers to `show stat` with so many servers, whose checks pass and which have
/// served something. Its 128 headings begin with a `#`; every row ends with a comma.
pub fn statistics(servers: usize) -> String {
    let mut seed = Seed::new(17);
    let mut csv = String::from(
        "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,\
         wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,\
         lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,\
         hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,\
         cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,\
         rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,\
         check_fall,check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,\
         conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,\
         srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,\
         used_conn_cur,need_conn_est,uweight,agg_server_status,agg_server_check_status,\
         agg_check_status,-,ssl_sess,ssl_reused_sess,ssl_failed_handshake,h2_headers_rcvd,\
         h2_data_rcvd,h2_settings_rcvd,h2_rst_stream_rcvd,h2_goaway_rcvd,\
         h2_detected_conn_protocol_errors,h2_detected_strm_protocol_errors,h2_rst_stream_resp,\
         h2_goaway_resp,h2_open_connections,h2_backend_open_streams,h2_total_connections,\
         h2_backend_total_streams,h1_open_connections,h1_open_streams,h1_total_connections,\
         h1_total_streams,h1_bytes_in,h1_bytes_out,h1_spliced_bytes_in,h1_spliced_bytes_out,\n",
    );
    for server in 0..servers {
        let port = 10_000 + server / SERVERS_PER_BACKEND;
        let agent = seed.below(200);
        let task = 31_000 + seed.below(1_000);
        let served = seed.below(1_000_000);
        let (bytes_in, bytes_out, weight) = (served * 90, served * 21_000, seed.below(257));
        writeln!(
            csv,
            "shop_{port},10_0_3_{agent}_{task},0,0,{},9,,{served},{bytes_in},{bytes_out},,0,,0,0,0,0,UP,\
             {weight},1,0,0,0,41,0,,1,3,1,,{served},,2,3,,30,L7OK,200,0,0,{served},0,0,0,0,,,,{served},\
             0,0,,,,,0,,,0,0,0,0,,,,Layer7 check passed,,2,3,4,,,,10.0.3.{agent}:{task},,http,,,,,,,,0,\
             9,0,,,2,,0,0,0,0,0,2,0,0,1,{weight},,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,",
            seed.below(10),
        )
        .expect("a String grows");
    }
    csv
}

/// Reads every cell with the csv crate alone, and nothing out of it. How many bytes they have.
pub fn cells(text: &[u8]) -> usize {
    let mut csv = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(64 << 10)
        .from_reader(text);
    let mut record = ByteRecord::new();
    let mut bytes = 0;
    while csv.read_byte_record(&mut record).expect("bytes in memory can be read") {
        bytes += record.as_slice().len();
    }
    bytes
}
